"""The calls of the synthetic caller over HTTP."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from dataapi.gcp import api_session
from dataapi.gcp.api_session import ApiSession
from dataapi.synthetic_caller import Answer, CallError
from tests.support.servers.http_server import serving

RECEIVED: list[dict[str, str | None]] = []


class FakeApi(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        RECEIVED.append({name: self.headers[name] for name in ("authorization", "x-api-key", "prefer")})
        body = {"/text": b"<html>", "/json": b'{"a": 1}'}.get(self.path, b"")
        self.send_response(302 if self.path == "/redirect" else 200)
        self.send_header("Location", "/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's
        pass


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    RECEIVED.clear()
    monkeypatch.setattr(api_session, "fetch_id_token", lambda _, audience: f"token-for-{audience}")
    with serving(FakeApi) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("key", ["", "a-key"])
def test_a_call_has_the_token_for_the_audience_and_the_key_of_a_quota(url: str, key: str) -> None:
    assert Answer(200, {"a": 1}) == ApiSession(url, "me", key)("GET", "/json", {"prefer": "wait=10"})
    assert [{"authorization": "Bearer token-for-me", "x-api-key": key or None, "prefer": "wait=10"}] == RECEIVED


def test_an_answer_that_leads_elsewhere_is_not_followed_with_the_token(url: str) -> None:
    assert Answer(302, None) == ApiSession(url, "me", "")("GET", "/redirect", {})
    assert 1 == len(RECEIVED)


@pytest.mark.parametrize(
    ("path", "address", "name"), [("/text", "", "JSONDecodeError"), ("/json", "http://127.0.0.1:9", "TransportError")]
)
def test_what_is_no_answer_of_the_api_is_an_error(url: str, path: str, address: str, name: str) -> None:
    with pytest.raises(CallError, match=name):
        ApiSession(address or url, "me", "")("GET", path, {})
