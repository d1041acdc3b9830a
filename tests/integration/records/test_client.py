"""The commands send and list over real connections, processes and terminals.

What they send and print is tested in `tests/unit/cli/records`; here is what needs a socket, a signal or a pipe.
"""

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
from google.auth import jwt

from data_api.main import main
from data_api.records.commands import send
from data_api.records.dependencies import Dependencies
from data_api.records.retry import RetryTiming
from tests.support.servers.http_server import serving

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
class Server:
    """Answers with `next_answers` first, and then with 202."""

    url: str
    next_answers: list[Answer] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)


@pytest.fixture(name="server")
def running_server() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            server.keys.append(self.headers["idempotency-key"])
            server.authorizations.append(self.headers["authorization"])
            answer = server.next_answers.pop(0) if server.next_answers else accepts
            with suppress(ConnectionError):  # the client has disconnected
                answer(self, body)

        do_GET = do_POST  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            pass

    with serving(Handler) as port:
        server = Server(f"http://127.0.0.1:{port}")
        yield server


@dataclass
class Waits:
    """The waits between tries, in seconds; they take no time."""

    seconds: list[float] = field(default_factory=list)

    def timing(self) -> RetryTiming:
        return RetryTiming(self.seconds.append, lambda: sum(self.seconds), lambda: 0.0)


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def environ() -> dict[str, str]:
    """The variables of a person who has a token."""
    removed = ("DATA_API_", "FORCE_COLOR", "TTY_", "COLUMNS")
    others = {name: value for name, value in os.environ.items() if not name.startswith(removed)}
    return {**others, "DATA_API_TOKEN": "token", "TERM": "xterm"}


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


def test_a_closed_connection_is_retried_with_the_same_key(server: Server, waits: Waits) -> None:
    server.next_answers = [closes, closes]
    result = call(waits, "{}", "--url", server.url)

    assert (0, [0.5, 1.0]) == (result.exit_code, waits.seconds)
    assert (3, 1) == (len(server.keys), len(set(server.keys)))
    assert (
        f"{server.url} does not answer (Server disconnected without sending a response.). Trying again in 0.5 s."
        in (result.stderr)
    )


def test_a_connection_that_ends_between_batches_loses_no_record(server: Server, waits: Waits) -> None:
    def accepts_and_closes(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        accepts(handler, body)
        handler.close_connection = True

    server.next_answers = [accepts_and_closes] * 3
    result = call(waits, "--file", "-", "--url", server.url, stdin=lines(2_500))
    assert (0, "2,500 records were accepted.\n") == (result.exit_code, result.stdout)
    assert 3 == len(set(server.keys))


def test_retry_after_is_respected(server: Server, waits: Waits) -> None:
    server.next_answers = [lambda handler, body: is_busy(handler, body, **{"Retry-After": "11"})]
    assert 0 == call(waits, "{}", "--url", server.url).exit_code
    assert [11] == waits.seconds


def test_without_a_local_stack_the_command_fails_at_once_with_one_sentence(waits: Waits) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    result = call(waits, "{}", "--url", url)
    assert (1, []) == (result.exit_code, waits.seconds)
    assert f"Error: No local stack answers on {url}; start it with `make up`.\n" == result.stderr


def test_a_stack_that_stops_is_retried_and_then_reported_with_what_it_accepted(waits: Waits) -> None:
    def accept_one(listening: socket.socket) -> None:
        """Accepts one batch, then stops listening."""
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
        result = call(waits, "--file", "-", "--url", url, stdin=lines(1_500))
        thread.join()

    assert 1 == result.exit_code
    assert 50 < sum(waits.seconds) <= 60
    error, summary = result.stderr.splitlines()[-2:]
    assert error.startswith(f"Error: {url} does not answer (")
    assert summary.startswith("1,000 records were accepted, up to line 1000. Running the same command again is safe")


def test_the_local_stack_is_called_without_a_proxy(server: Server, waits: Waits) -> None:
    proxy = f"http://127.0.0.1:{free_port()}"
    result = call(waits, "{}", "--url", server.url, http_proxy=proxy, HTTP_PROXY=proxy, all_proxy=proxy)
    assert (0, 1) == (result.exit_code, len(server.keys))


def test_an_unusable_proxy_setting_is_one_sentence(waits: Waits) -> None:
    result = call(waits, "{}", "--url", "https://api.example.com", HTTPS_PROXY="unknown://proxy", NO_PROXY="")
    assert (1, []) == (result.exit_code, waits.seconds)
    assert 1 == len(result.stderr.splitlines())
    assert result.stderr.startswith("Error: The environment's proxy or certificate settings cannot be used (")


def test_the_local_token_is_signed_with_this_machines_key_in_this_process(server: Server, tmp_path: Path) -> None:
    environ = {"DATA_API_TOKEN": None, "DATA_API_HOME": str(tmp_path)}
    result = CliRunner().invoke(main, ["send", "{}", "--user", "eve", "--url", server.url], env=environ)
    assert (0, "") == (result.exit_code, result.stderr)
    [authorization] = server.authorizations
    claims = jwt.decode(authorization.removeprefix("Bearer "), verify=False)  # type: ignore[no-untyped-call] # google-auth has no annotations
    assert ("eve", ["data.read", "data.write"]) == (claims["sub"], claims["Role"])
    assert (tmp_path / ".data-api" / "signing-key.pem").is_file()


def test_a_local_signing_key_that_cannot_be_used_is_one_sentence(server: Server, tmp_path: Path) -> None:
    (tmp_path / ".data-api").mkdir()
    (tmp_path / ".data-api" / "signing-key.pem").write_text("not a key")
    environ = {"DATA_API_TOKEN": None, "DATA_API_HOME": str(tmp_path)}
    result = CliRunner().invoke(main, ["list", "--url", server.url], env=environ)
    assert (1, []) == (result.exit_code, server.keys)
    assert 1 == len(result.stderr.splitlines())
    assert result.stderr.startswith(f"Error: {tmp_path / '.data-api' / 'signing-key.pem'} ")


def test_a_closed_pipe_ends_the_program_without_a_message(server: Server, environ: dict[str, str]) -> None:
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
        stderr = process.stderr.read()
        assert (1, b"") == (process.wait(TIMEOUT), stderr)


def test_ctrl_c_while_sending_prints_what_was_accepted(server: Server, environ: dict[str, str]) -> None:
    arrived, released = threading.Event(), threading.Event()

    def hangs(_handler: BaseHTTPRequestHandler, _body: bytes) -> None:
        arrived.set()
        released.wait(TIMEOUT)

    server.next_answers = [accepts, hangs]
    command = [PROGRAM, "send", "--file", "-", "--url", server.url]
    with subprocess.Popen(
        command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin
        process.stdin.write(lines(1_500))
        process.stdin.close()
        process.stdin = None  # communicate() would close it once more
        assert arrived.wait(TIMEOUT)
        process.send_signal(signal.SIGINT)
        output, stderr = process.communicate(timeout=TIMEOUT)
        released.set()

    assert (130, b"") == (process.returncode, output)
    assert stderr.startswith(b"\nStopped. 1,000 records were accepted, up to line 1000. Running the same command")
    assert 1 == len(stderr.strip().splitlines())


def test_the_progress_bar_goes_to_the_terminal_and_receipts_to_standard_output(
    server: Server, environ: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "events.ndjson"
    file.write_bytes(lines(2_500))
    server.next_answers = [accepts, is_busy]
    with terminal() as (device, output):
        done = subprocess.run(
            [PROGRAM, "send", "--json", "--file", str(file), "--url", server.url],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=device,
            timeout=TIMEOUT,
            check=True,
        )

    shown = b"".join(output).decode()
    assert 2_500 == len([json.loads(line) for line in done.stdout.splitlines()])
    assert "Sending" in shown
    assert "1,000 records accepted" in shown
    assert "createdAt" not in shown
    [result] = [line for line in shown.splitlines() if "Try again." in line]
    assert re.search(r"\x1b\[2KTry again\. Trying again in [\d.]+ s\.", result)  # behind a line that was cleared


def test_without_a_terminal_no_bar_is_drawn(server: Server, environ: dict[str, str]) -> None:
    done = subprocess.run(
        [PROGRAM, "send", "--file", "-", "--url", server.url],
        env=environ,
        input=lines(2_500),
        capture_output=True,
        timeout=TIMEOUT,
        check=True,
    )
    assert (b"2,500 records were accepted.\n", b"") == (done.stdout, done.stderr)
