"""Runs a real Envoy as the local gateway, in front of functions that answer with the request that they got.

The tokens for calls are in `signers`.
"""

import http.client
import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from data_api.shared.contract import Json
from data_api.stack.gateway.envoy import BODY_SECONDS, envoy_command, envoy_configuration

TIMEOUT = 20.0  # seconds that a busy machine may take for anything

Headers = Sequence[tuple[str, str]]


class Answer(NamedTuple):
    """An answer; that of a function has the request that it got as JSON."""

    status: int
    headers: dict[str, str]
    json: Any  # any JSON

    def reached(self, header: str) -> list[str]:
        return [value for name, value in self.json["headers"] if name == header]


@dataclass(frozen=True)
class Gateway:
    port: int

    def call(self, method: str, target: str, headers: Headers = (), body: Iterator[bytes] | None = None) -> Answer:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)) as connection:
            connection.putrequest(method, target)
            for name, value in headers:
                connection.putheader(name, value)
            if body:
                connection.putheader("Transfer-Encoding", "chunked")
            with suppress(ConnectionError):  # it need not hear everything to refuse
                connection.endheaders(body, encode_chunked=body is not None)
            answer = connection.getresponse()
            text = answer.read()
        return Answer(answer.status, dict(answer.getheaders()), json.loads(text) if text else None)


class Echo(BaseHTTPRequestHandler):
    """Answers with the request. Its headers can change the answer: X-Hold, X-Drop-Once, X-Answer, X-Size."""

    protocol_version = "HTTP/1.1"
    server: "Function"

    def answer(self) -> None:
        result = json.dumps(self._told()).encode()
        result += b" " * (int(self.headers.get("X-Size", "0")) - len(result))
        if "X-Hold" in self.headers:
            self.server.released.wait(TIMEOUT)
        if "X-Drop-Once" in self.headers and not self.server.dropped.is_set():
            self.server.dropped.set()
            self.close_connection = True
            return
        with suppress(ConnectionError):  # the gateway has given up
            self.send_response(int(self.headers.get("X-Answer", "200")))
            self.send_header("Content-Length", str(len(result)))
            self.end_headers()
            self.wfile.write(result)

    def do_GET(self) -> None:
        if "Upgrade" in self.headers:
            self._upgrade()
        else:
            self.answer()

    do_DELETE = do_OPTIONS = do_POST = answer  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        pass

    def _upgrade(self) -> None:
        self.send_response(101)
        self.send_header("Connection", "Upgrade")
        self.send_header("Upgrade", self.headers["Upgrade"])
        self.end_headers()
        self.close_connection = True

    def _told(self) -> Json:
        path, _, query = self.path.partition("?")
        return {
            "function": self.server.name,
            "method": self.command,
            "path": path,
            "query": query,
            "headers": [(name.lower(), value) for name, value in self.headers.items()],
            "size": self._body_size(),
        }

    def _body_size(self) -> int:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return len(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
        size = 0
        while chunk := int(self.rfile.readline() or b"0", 16):
            size += len(self.rfile.read(chunk))
            self.rfile.readline()
        self.rfile.readline()
        return size


class Function(ThreadingHTTPServer):
    def __init__(self, name: str) -> None:
        super().__init__(("127.0.0.1", 0), Echo)
        self.name = name
        self.released = threading.Event()
        self.dropped = threading.Event()


@contextmanager
def function(name: str) -> Iterator[int]:
    """The port of the function."""
    with Function(name) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.released.set()
            server.shutdown()
            thread.join()


@contextmanager
def dead_function() -> Iterator[int]:
    """A port that is reserved and does not listen."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@contextmanager
def envoy(configuration: Json, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    file = folder / "envoy.json"
    file.write_text(json.dumps(configuration))
    with (folder / "envoy.log").open("wb") as log:
        process = subprocess.Popen(envoy_command(file), stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(TIMEOUT)
            finally:
                process.kill()
                process.wait()


@contextmanager
def gateway_before(  # noqa: PLR0913 - the last two are for one test each
    functions: dict[str, int],
    contract: Json,
    key_set: Json,
    folder: Path,
    *,
    quota: int = 0,
    body_seconds: float = BODY_SECONDS,
) -> Iterator[Gateway]:
    port = free_port()
    configuration = envoy_configuration(
        contract, port=port, functions=functions, jwks=key_set, quota=quota, body_seconds=body_seconds
    )
    with envoy(configuration, folder) as process:
        wait_until_listening(port, process, folder)
        yield Gateway(port)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def wait_until_listening(port: int, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
    pytest.fail(f"Envoy does not listen: {(folder / 'envoy.log').read_text()}")
