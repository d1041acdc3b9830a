"""Serves the local sign-in page: a thread of the supervisor's process, on a free port of this machine alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from data_api.shared import local_tokens
from data_api.shared.contract import LOCAL_NAMES, Json, load_contract
from data_api.shared.local_tokens import Issuer
from data_api.shared.ports import LOOPBACK
from data_api.stack.sign_in.authorization_request import Client
from data_api.stack.sign_in.endpoint import PATH, Answer, Endpoint, Request
from data_api.stack.sign_in.sessions import Account

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey

CLIENT_ID = LOCAL_NAMES["audience"]  # of the web page; an ID token's audience is the client that it is for
LARGEST = 16 * 2**10  # bytes of a form
IDLE = 60  # seconds of silence on a connection


def redirect_uris(port: int) -> tuple[str, ...]:
    """The addresses of the web page of the stack on this port."""
    return tuple(f"http://{host}:{port}/" for host in (LOOPBACK, "localhost"))


@contextmanager
def serving_sign_in(port: int, signing_key: Path, role_claim: str) -> Iterator[str]:
    """For the length of the block, for the page of the stack on `port`; yields the authorization endpoint."""

    @cache
    def signer() -> tuple[Json, "RSAKey"]:
        """Read at the first sign-in, because that takes longer than to start the server."""
        return load_contract(), local_tokens.signing_key(signing_key)

    def sign(account: Account, nonce: str) -> str:
        claims = {"nonce": nonce, "azp": CLIENT_ID, "name": account.user, role_claim: [*account.roles]}
        return local_tokens.token(*signer(), Issuer.GOOGLE, account.user, email=account.email, extra=claims)

    class _Handler(BaseHTTPRequestHandler):
        timeout = IDLE

        def do_GET(self) -> None:
            self._send(endpoint.answer(self._request("")))

        def do_POST(self) -> None:
            length = self.headers.get("content-length", "")
            if not length.isdecimal() or int(length) > LARGEST:
                self.send_error(413)
                return
            body = self.rfile.read(int(length)).decode("utf-8", "replace")
            self._send(endpoint.answer(self._request(body)))

        def _request(self, body: str) -> Request:
            path, _, query = self.path.partition("?")
            headers = {name.lower(): value for name, value in self.headers.items()}
            return Request(self.command, path, query, headers, body)

        def _send(self, answer: Answer) -> None:
            body = answer.body.encode()
            self.send_response(answer.status)
            for name, value in {**answer.headers, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Requests have tokens in their answers, and the terminal is for the stack."""

    with ThreadingHTTPServer((LOOPBACK, 0), _Handler) as server:
        server.daemon_threads = True
        origin = f"http://{LOOPBACK}:{server.server_port}"
        endpoint = Endpoint(origin, Client(CLIENT_ID, redirect_uris(port)), sign)
        Thread(target=server.serve_forever, name="sign-in", daemon=True).start()
        try:
            yield origin + PATH
        finally:
            server.shutdown()
