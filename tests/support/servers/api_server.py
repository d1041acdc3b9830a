"""An API that accepts batches or fails as a test says, and the client that calls it."""

import json
import os
import pty
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from data_api.records.api.retry import RetryTiming
from data_api.records.dependencies import Dependencies
from data_api.records.sending.command import send

PROGRAM = str(Path(sys.executable).with_name("data-api"))


TIMEOUT = 30  # seconds; a busy machine may need far more than the usual one


CREATED = "2026-01-31T12:00:00.000000Z"


Json = dict[str, Any]  # a test knows what it sends


Answer = Callable[[BaseHTTPRequestHandler, bytes], None]


def answers(handler: BaseHTTPRequestHandler, status: int, body: Json, **headers: str) -> None:
    content = json.dumps(body).encode()
    handler.send_response(status)
    for name, value in {"content-length": str(len(content)), **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(content)


def accepts(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    receipts = [{"id": f"{number:032x}", "createdAt": CREATED} for number in range(body.count(b"\n") + 1)]
    answers(handler, 202, receipts[0] if len(receipts) == 1 else {"records": receipts})


def closes(handler: BaseHTTPRequestHandler, _body: bytes) -> None:
    """Closes the connection without an answer."""
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def is_busy(handler: BaseHTTPRequestHandler, _body: bytes, **headers: str) -> None:
    answers(handler, 503, {"code": 503, "message": "Try again."}, **headers)


@dataclass
class ApiServer:
    """Answers with `next_answers` first, and then with 202."""

    url: str
    next_answers: list[Answer] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)


@dataclass
class Waits:
    """The waits between tries, in seconds; they take no time."""

    seconds: list[float] = field(default_factory=list)

    def timing(self) -> RetryTiming:
        return RetryTiming(self.seconds.append, lambda: sum(self.seconds), lambda: 0.0)


def call(waits: Waits, *arguments: str, stdin: bytes = b"", **environ: str) -> Result:
    dependencies = Dependencies(local_token=lambda _user, _roles: "token", retry_timing=waits.timing())
    environment = {"DATA_API_TOKEN": "token", **environ}
    return CliRunner().invoke(send, arguments, input=stdin, obj=dependencies, env=environment)


def lines(count: int) -> bytes:
    return b"".join(b'{"n": %d}\n' % number for number in range(count))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def terminal() -> Iterator[tuple[int, list[bytes]]]:
    """A device to write to, and what was written to it, complete when the block is left."""
    reader, device = pty.openpty()
    output: list[bytes] = []

    def read() -> None:
        with suppress(OSError):  # how Linux reports the end
            while piece := os.read(reader, 2**16):
                output.append(piece)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield device, output
    finally:
        os.close(device)
        thread.join()
        os.close(reader)
