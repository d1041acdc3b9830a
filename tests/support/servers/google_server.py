"""Answers calls to Google's REST interfaces from a table, on a loopback port, in Google's own form."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from google.oauth2.credentials import Credentials

from data_api.ops.credentials import Authorization
from tests.support.servers.http_server import serving

Json = Any  # what a test sends it knows
TOKEN = "access-token"  # noqa: S105 - not a real token


@dataclass(frozen=True)
class Call:
    """`path` begins with the service: firestore/v1/projects/…"""

    method: str
    path: str
    parameters: dict[str, list[str]]
    body: Json
    authorization: str | None


@dataclass
class GoogleServer:
    """The answers by method and path, and the calls that it got."""

    address: str  # as `data_api.ops.google_api` wants it
    answers: dict[tuple[str, str], Json | Callable[[Call], Json]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)

    def answer(self, call: Call) -> tuple[int, Json]:
        self.calls.append(call)
        response = self.answers.get((call.method, call.path), not_found(call.path))
        answered = response(call) if callable(response) else response
        return answered if isinstance(answered, tuple) else (200, answered)

    def paths(self, method: str) -> list[str]:
        return [call.path for call in self.calls if call.method == method]


def refusal(  # noqa: PLR0913 - one for each part of an error
    code: int, status: str, message: str, reason: str = "", service: str = "", *, consumer: str = "123"
) -> tuple[int, Json]:
    """https://google.aip.dev/193"""
    error: Json = {"code": code, "message": message, "status": status}
    if reason:
        info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"}
        error["details"] = [info | {"metadata": {"service": service, "consumer": f"projects/{consumer}"}}]
    return code, {"error": error}


def not_found(path: str) -> tuple[int, Json]:
    return refusal(404, "NOT_FOUND", f"{path} was not found.")


def service_disabled(service: str) -> tuple[int, Json]:
    message = f"{service} has not been used in project 123 before or it is disabled."
    return refusal(403, "PERMISSION_DENIED", message, "SERVICE_DISABLED", service)


def authorization(_impersonated: str = "") -> Authorization:
    return Authorization(Credentials(TOKEN))  # type: ignore[no-untyped-call] # google-auth has no annotations


@contextmanager
def google_server() -> Iterator[GoogleServer]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # head and body of an answer are written apart: 40 ms each time

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            text = self.rfile.read(int(self.headers.get("content-length", 0)))
            body = json.loads(text) if text else None
            call = Call(self.command, parts.path[1:], parse_qs(parts.query), body, self.headers.get("authorization"))
            status, content = running.answer(call)
            written = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            pass

    with serving(Handler) as port:
        running = GoogleServer(f"http://127.0.0.1:{port}/{{service}}")
        yield running
