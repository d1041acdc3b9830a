"""Answers HTTP as the contract has it: paths and methods, JSON, errors of one shape, CORS.

Owns what every answer has in common. Which paths there are and what they do is each entry file's; what went wrong is
`errors`'s.
"""

import re
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from dataapi.errors import MethodNotAllowed, NotFound, Problem, Refusal

Handler = Callable[[Request], Awaitable[Response]]
Routes = Mapping[re.Pattern[str], Mapping[str, Handler]]
Log = Callable[..., None]  # log(event, severity, **fields)

_PREFLIGHT = {
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers": "Authorization, Content-Type, Idempotency-Key, If-None-Match, Prefer",
    "access-control-max-age": "3600",  # seconds
}
_EXPOSED_HEADERS = "ETag, Link, Location, Preference-Applied, Retry-After"
_SERVER_FAULT = 500
_CLIENT_CLOSED = 499  # nobody reads it


async def answer(request: Request, routes: Routes, origins: frozenset[str], log: Log) -> Response:
    """Answers a request, whatever happens, and logs what was not carried out."""
    try:
        response = await _dispatch(request, routes)
    except Refusal as refusal:
        log(
            "refused",
            "INFO" if refusal.status < _SERVER_FAULT else "ERROR",
            status=refusal.status,
            reason=_kind(refusal),
        )
        response = _refusal(refusal.status, refusal.message, refusal.details, refusal.headers())
    except ClientDisconnect:
        log("left", "INFO", reason="the client closed the connection before its request was read")
        response = Response(status_code=_CLIENT_CLOSED)
    except Exception as fault:  # noqa: BLE001  the client is told in the contract's form, the log the whole of it
        log("crashed", "CRITICAL", reason=_kind(fault), stack=_stack(fault))
        response = _refusal(
            _SERVER_FAULT, "The service failed. Report it with the time of your request, and try again."
        )
    response.headers.update(_cors(request, origins))
    return response


def json_response(
    content: Any,  # noqa: ANN401  whatever JSON can hold
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An answer with a JSON body."""
    return Response(orjson.dumps(content), status, headers, "application/json")


async def _dispatch(request: Request, routes: Routes) -> Response:
    path = request.scope["path"]
    methods = next((found for pattern, found in routes.items() if pattern.fullmatch(path)), None)
    if methods is None:
        raise NotFound("There is nothing at this path.")
    if request.method == "OPTIONS":
        return Response(status_code=204, headers=_PREFLIGHT)
    if request.method not in methods:
        raise MethodNotAllowed([*methods])
    return await methods[request.method](request)


def _cors(request: Request, origins: frozenset[str]) -> dict[str, str]:
    origin = request.headers.get("origin")
    if origin is None or origin not in origins:
        return {"vary": "Origin"}
    return {
        "access-control-allow-origin": origin,
        "access-control-expose-headers": _EXPOSED_HEADERS,
        "vary": "Origin",
    }


def _refusal(
    status: int, message: str, details: Sequence[Problem] = (), headers: Mapping[str, str] | None = None
) -> Response:
    """The gateway's own error body, `{"code", "message"}`, and `details` where there are any."""
    body: dict[str, Any] = {"code": status, "message": message}
    if details:
        body["details"] = [_detail(problem) for problem in details]
    return json_response(body, status, headers)


def _detail(problem: Problem) -> dict[str, Any]:
    line = {} if problem.line is None else {"line": problem.line}
    return {**line, "field": problem.field, "problem": problem.problem}


def _kind(fault: Exception) -> str:
    return type(fault).__name__


def _stack(fault: Exception) -> list[str]:
    """Where it happened, without the exception's text: that may hold what the client sent."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(fault.__traceback__)]
