"""The commands over real connections: retries, and the local stack."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from click.testing import CliRunner
from google.auth import jwt

from data_api.main import main
from tests.support.servers.api_server import (
    CREATED,
    ApiServer,
    Waits,
    accepts,
    call,
    closes,
    free_port,
    is_busy,
    lines,
)


def test_a_closed_connection_is_retried_with_the_same_key(server: ApiServer, waits: Waits) -> None:
    server.next_answers = [closes, closes]
    result = call(waits, "{}", "--url", server.url)

    assert (0, [0.5, 1.0]) == (result.exit_code, waits.seconds)
    assert (3, 1) == (len(server.keys), len(set(server.keys)))
    assert (
        f"{server.url} does not answer (Server disconnected without sending a response.). Trying again in 0.5 s."
        in (result.stderr)
    )


def test_a_connection_that_ends_between_batches_loses_no_record(server: ApiServer, waits: Waits) -> None:
    def accepts_and_closes(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        accepts(handler, body)
        handler.close_connection = True

    server.next_answers = [accepts_and_closes] * 3
    result = call(waits, "--file", "-", "--url", server.url, stdin=lines(2_500))
    assert (0, "2,500 records were accepted.\n") == (result.exit_code, result.stdout)
    assert 3 == len(set(server.keys))


def test_retry_after_is_respected(server: ApiServer, waits: Waits) -> None:
    server.next_answers = [lambda handler, body: is_busy(handler, body, **{"Retry-After": "11"})]
    assert 0 == call(waits, "{}", "--url", server.url).exit_code
    assert [11] == waits.seconds


def test_without_a_local_stack_the_command_fails_at_once_with_one_sentence(waits: Waits) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    result = call(waits, "{}", "--url", url)
    assert (8, []) == (result.exit_code, waits.seconds)
    assert (
        f"Error: No local stack answers on {url}; start it with `make up PORT={url.rpartition(':')[2]}`.\n"
        == result.stderr
    )


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

    assert 8 == result.exit_code
    assert 50 < sum(waits.seconds) <= 60
    error, summary = result.stderr.splitlines()[-2:]
    assert error.startswith(f"Error: {url} does not answer (")
    assert summary.startswith("1,000 records were accepted, up to line 1000. Running the same command again is safe")


def test_the_local_stack_is_called_without_a_proxy(server: ApiServer, waits: Waits) -> None:
    proxy = f"http://127.0.0.1:{free_port()}"
    result = call(waits, "{}", "--url", server.url, http_proxy=proxy, HTTP_PROXY=proxy, all_proxy=proxy)
    assert (0, 1) == (result.exit_code, len(server.keys))


def test_an_unusable_proxy_setting_is_one_sentence(waits: Waits) -> None:
    result = call(waits, "{}", "--url", "https://api.example.com", HTTPS_PROXY="unknown://proxy", NO_PROXY="")
    assert (1, []) == (result.exit_code, waits.seconds)
    assert 1 == len(result.stderr.splitlines())
    assert result.stderr.startswith("Error: The environment's proxy or certificate settings cannot be used (")


def test_the_local_token_is_signed_with_this_machines_key_in_this_process(server: ApiServer, tmp_path: Path) -> None:
    environ = {"DATA_API_TOKEN": None, "DATA_API_HOME": str(tmp_path)}
    result = CliRunner().invoke(main, ["send", "{}", "--user", "eve", "--url", server.url], env=environ)
    assert (0, "") == (result.exit_code, result.stderr)
    [authorization] = server.authorizations
    claims = jwt.decode(authorization.removeprefix("Bearer "), verify=False)  # type: ignore[no-untyped-call] # google-auth has no annotations
    assert ("eve", ["data.read", "data.write"]) == (claims["sub"], claims["Role"])
    assert (tmp_path / ".data-api" / "signing-key.pem").is_file()


def test_a_local_signing_key_that_cannot_be_used_is_one_sentence(server: ApiServer, tmp_path: Path) -> None:
    (tmp_path / ".data-api").mkdir()
    (tmp_path / ".data-api" / "signing-key.pem").write_text("not a key")
    environ = {"DATA_API_TOKEN": None, "DATA_API_HOME": str(tmp_path)}
    result = CliRunner().invoke(main, ["list", "--url", server.url], env=environ)
    assert (1, []) == (result.exit_code, server.keys)
    assert 1 == len(result.stderr.splitlines())
    assert result.stderr.startswith(f"Error: {tmp_path / '.data-api' / 'signing-key.pem'} ")
