"""An API for the commands send and list.

What they send and print is tested in `tests/unit/cli/records`; these tests need a socket, a signal or a pipe.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler

import pytest

from tests.support.servers.api_server import ApiServer, Waits, accepts
from tests.support.servers.http_server import serving


@pytest.fixture(name="server")
def running_server() -> Iterator[ApiServer]:
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
        server = ApiServer(f"http://127.0.0.1:{port}")
        yield server


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def environ() -> dict[str, str]:
    """The variables of a person who has a token."""
    removed = ("DATA_API_", "FORCE_COLOR", "TTY_", "COLUMNS")
    others = {name: value for name, value in os.environ.items() if not name.startswith(removed)}
    return {**others, "DATA_API_TOKEN": "token", "TERM": "xterm"}
