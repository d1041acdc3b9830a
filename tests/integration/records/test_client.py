"""The command line program over real connections, processes and terminals.

What it sends and prints is tested in `unit/cli/records`; here is what only a socket, a signal or a pipe can show.
"""

import base64
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from data_api.records.commands import list_records, send
from data_api.records.dependencies import Dependencies
from data_api.records.retry import Backoff
from data_api.shared import local_tokens
from tests.support.servers.http_server import serving

PROGRAM = str(Path(sys.executable).with_name("data-api"))
LIMIT = 30  # seconds that a busy machine may take for what takes less than one
CREATED = "2026-01-31T12:00:00.000000Z"

Json = dict[str, Any]  # what a test sends it knows
Answer = Callable[[BaseHTTPRequestHandler, bytes], None]


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


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
    """The connection, without an answer."""
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def is_busy(handler: BaseHTTPRequestHandler, _body: bytes, **headers: str) -> None:
    answers(handler, 503, {"code": 503, "message": "Try again."}, **headers)


@dataclass
class Server:
    """Answers with what is in `next_answers`, and then with acceptance."""

    url: str
    next_answers: list[Answer] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            running.keys.append(self.headers["idempotency-key"])
            running.tokens.append(self.headers["authorization"].removeprefix("Bearer "))
            answer = running.next_answers.pop(0) if running.next_answers else accepts
            with suppress(ConnectionError):  # a client that is gone
                answer(self, body)

        do_GET = do_POST  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            pass

    with serving(Handler) as port:
        running = Server(f"http://127.0.0.1:{port}")
        yield running


@dataclass
class Waits:
    """Seconds that the client would have waited; they pass at once."""

    seconds: list[float] = field(default_factory=list)

    def backoff(self) -> Backoff:
        return Backoff(self.seconds.append, lambda: sum(self.seconds), lambda: 0.0)


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def environ() -> dict[str, str]:
    """Of a person who has a token."""
    steering = ("DATA_API_", "FORCE_COLOR", "TTY_", "COLUMNS")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(steering)}
    return {**kept, "DATA_API_TOKEN": "token", "TERM": "xterm"}


def call(waits: Waits, *arguments: str, given: bytes = b"", **environ: str) -> Result:
    dependencies = Dependencies(backoff=waits.backoff())
    return CliRunner().invoke(
        send, arguments, input=given, obj=dependencies, env={"DATA_API_TOKEN": "token", **environ}
    )


def lines(count: int) -> bytes:
    return b"".join(b'{"n": %d}\n' % number for number in range(count))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def terminal() -> Iterator[tuple[int, list[bytes]]]:
    """One to write to, and what it has been shown, whole when the block is left."""
    reader, device = pty.openpty()
    drawn: list[bytes] = []

    def read() -> None:
        with suppress(OSError):  # the end, as Linux tells it
            while piece := os.read(reader, 2**16):
                drawn.append(piece)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield device, drawn
    finally:
        os.close(device)
        thread.join()
        os.close(reader)


def test_a_connection_that_breaks_off_is_tried_again_with_the_same_key(server: Server, waits: Waits) -> None:
    server.next_answers = [closes, closes]
    told = call(waits, "{}", "--url", server.url)

    assert (0, [0.5, 1.0]) == (told.exit_code, waits.seconds)
    assert (3, 1) == (len(server.keys), len(set(server.keys)))
    assert (
        f"{server.url} does not answer (Server disconnected without sending a response.). Trying again in 0.5 s."
        in (told.stderr)
    )


def test_a_connection_that_ends_between_batches_loses_none(server: Server, waits: Waits) -> None:
    def accepts_and_leaves(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        accepts(handler, body)
        handler.close_connection = True

    server.next_answers = [accepts_and_leaves] * 3
    told = call(waits, "--file", "-", "--url", server.url, given=lines(2_500))
    assert (0, "2,500 records were accepted.\n") == (told.exit_code, told.stdout)
    assert 3 == len(set(server.keys))


def test_retry_after_is_honoured(server: Server, waits: Waits) -> None:
    server.next_answers = [lambda handler, body: is_busy(handler, body, **{"Retry-After": "11"})]
    assert 0 == call(waits, "{}", "--url", server.url).exit_code
    assert [11] == waits.seconds


def test_where_no_local_stack_listens_one_sentence_says_so_at_once(waits: Waits) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    told = call(waits, "{}", "--url", url)
    assert (1, []) == (told.exit_code, waits.seconds)
    assert f"Error: No local stack answers on {url}; start it with `make up`.\n" == told.stderr


def test_a_stack_that_goes_away_is_waited_for_and_then_told_with_what_it_accepted(waits: Waits) -> None:
    def accept_one(listening: socket.socket) -> None:
        """Answers one batch, and is gone, as is its port."""
        connection, _ = listening.accept()
        with connection, connection.makefile("rb") as request:
            head = b"".join(iter(request.readline, b"\r\n")).lower()
            request.read(int(head.split(b"content-length: ")[1].split(b"\r\n")[0]))
            listening.close()
            receipts = {"records": [{"id": "0" * 32, "createdAt": CREATED}] * 1_000}
            content = json.dumps(receipts).encode()
            connection.sendall(b"HTTP/1.1 202 Accepted\r\ncontent-length: %d\r\n\r\n%s" % (len(content), content))

    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread = threading.Thread(target=accept_one, args=(listening,))
        thread.start()
        told = call(waits, "--file", "-", "--url", url, given=lines(1_500))
        thread.join()

    assert 1 == told.exit_code
    assert 50 < sum(waits.seconds) <= 60
    error, account = told.stderr.splitlines()[-2:]
    assert error.startswith(f"Error: {url} does not answer (")
    assert account.startswith("1,000 records were accepted, up to line 1000. Running the same command again is safe")


def test_no_proxy_stands_before_the_local_stack(server: Server, waits: Waits) -> None:
    proxy = f"http://127.0.0.1:{free_port()}"
    told = call(waits, "{}", "--url", server.url, http_proxy=proxy, HTTP_PROXY=proxy, all_proxy=proxy)
    assert (0, 1) == (told.exit_code, len(server.keys))


def test_the_token_for_the_local_stack_is_signed_with_this_machines_key(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_API_HOME", str(tmp_path))
    environ = {"DATA_API_TOKEN": None, "DATA_API_URL": None}
    result = CliRunner().invoke(send, ["{}", "--url", server.url, "--user", "eve"], env=environ)
    assert 0 == result.exit_code, result.stderr
    header, payload, _ = server.tokens[0].split(".")
    key = local_tokens.signing_key(tmp_path / ".data-api" / "signing-key.pem")
    assert json.loads(decoded(header))["kid"] == local_tokens.jwks(key)["keys"][0]["kid"]
    assert {"sub": "eve", "Role": ["data.read", "data.write"]}.items() <= json.loads(decoded(payload)).items()


def test_a_signing_key_that_is_not_a_key_ends_the_command_with_the_remedy(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_API_HOME", str(tmp_path))
    key = tmp_path / ".data-api" / "signing-key.pem"
    key.parent.mkdir()
    key.write_text("not a key")
    result = CliRunner().invoke(list_records, ["--url", server.url], env={"DATA_API_TOKEN": None})
    assert (1, []) == (result.exit_code, server.keys)
    assert f"Error: {key} is not an RSA private key: delete it" in result.stderr


def test_a_reader_that_has_seen_enough_ends_the_program_quietly(server: Server, environ: dict[str, str]) -> None:
    def lists(handler: BaseHTTPRequestHandler, _body: bytes) -> None:
        record = {"id": "0" * 32, "createdAt": CREATED, "data": {"text": "x" * 1_000}}
        answers(handler, 200, {"records": [record] * 500, "nextPageToken": "more"})

    server.next_answers = [lists] * 100
    command = [PROGRAM, "list", "--all", "--url", server.url]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline().startswith(b"0" * 32)
        process.stdout.close()
        complaint = process.stderr.read()
        assert (1, b"") == (process.wait(LIMIT), complaint)


def test_ctrl_c_while_sending_says_what_was_accepted(server: Server, environ: dict[str, str]) -> None:
    arrived, released = threading.Event(), threading.Event()

    def hangs(_handler: BaseHTTPRequestHandler, _body: bytes) -> None:
        arrived.set()
        released.wait(LIMIT)

    server.next_answers = [accepts, hangs]
    command = [PROGRAM, "send", "--file", "-", "--url", server.url]
    with subprocess.Popen(
        command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin
        process.stdin.write(lines(1_500))
        process.stdin.close()
        process.stdin = None  # communicate() would close it once more
        assert arrived.wait(LIMIT)
        process.send_signal(signal.SIGINT)
        output, complaint = process.communicate(timeout=LIMIT)
        released.set()

    assert (130, b"") == (process.returncode, output)
    assert complaint.startswith(b"\nStopped. 1,000 records were accepted, up to line 1000. Running the same command")
    assert 1 == len(complaint.strip().splitlines())


def test_the_bar_is_drawn_on_the_terminal_and_receipts_go_their_own_way(
    server: Server, environ: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "events.ndjson"
    file.write_bytes(lines(2_500))
    server.next_answers = [accepts, is_busy]
    with terminal() as (device, drawn):
        done = subprocess.run(
            [PROGRAM, "send", "--json", "--file", str(file), "--url", server.url],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=device,
            timeout=LIMIT,
            check=True,
        )

    shown = b"".join(drawn).decode()
    assert 2_500 == len([json.loads(line) for line in done.stdout.splitlines()])
    assert "Sending" in shown
    assert "1,000 records accepted" in shown
    assert "createdAt" not in shown
    [told] = [line for line in shown.splitlines() if "Try again." in line]
    assert re.search(r"\x1b\[2KTry again\. Trying again in [\d.]+ s\.", told)  # behind a line that was cleared


def test_without_a_terminal_no_bar_is_drawn(server: Server, environ: dict[str, str]) -> None:
    done = subprocess.run(
        [PROGRAM, "send", "--file", "-", "--url", server.url],
        env=environ,
        input=lines(2_500),
        capture_output=True,
        timeout=LIMIT,
        check=True,
    )
    assert (b"2,500 records were accepted.\n", b"") == (done.stdout, done.stderr)
