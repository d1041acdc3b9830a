"""Calls functions as the Functions Framework does, without a server, and checks errors against the contract."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from dataapi.auth.identity import HEADER

Details = Sequence[Mapping[str, object]]


def request(
    method: str,
    target: str,
    headers: Mapping[str, str] | None = None,
    body: bytes | Sequence[bytes] = b"",
    *,
    gone: bool = False,
) -> Request:
    """A request with a body in one or several chunks; if `gone`, the client disconnects before the last one."""
    path, _, query = target.partition("?")
    pieces = [body] if isinstance(body, bytes) else body
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    messages.append({"type": "http.disconnect"} if gone else {"type": "http.request", "more_body": False})
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()],
    }
    coming = iter(messages)

    async def receive() -> dict[str, Any]:
        return next(coming)

    return Request(scope, receive)


async def answer(function: Callable[[Request], Any], call: Request) -> Response:
    """The answer of an entry point."""
    response = await function(call)
    assert isinstance(response, Response)
    return response


def identity(claims: Mapping[str, object]) -> dict[str, str]:
    """The header in which the gateway passes a token's claims."""
    return {HEADER: base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")}


def content(response: Response) -> Any:  # noqa: ANN401  JSON is of any type
    """The JSON of an answer."""
    assert "application/json" == response.headers["content-type"]
    return json.loads(bytes(response.body))


def assert_error(response: Response, status: int, message_part: str, details: Details = ()) -> None:
    """An error in the form of all errors: `code`, `message`, and optional `details`."""
    expected = {"code", "message", "details"} if details else {"code", "message"}
    body = content(response)
    assert expected == body.keys()
    assert (status, status) == (response.status_code, body["code"])
    assert message_part in body["message"]
    assert list(details) == body.get("details", [])
    assert (status == 503) == ("retry-after" in response.headers)
    assert (status == 401) == ("www-authenticate" in response.headers)
    assert (status == 405) == ("allow" in response.headers)
