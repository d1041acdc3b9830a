"""Answers HTTP as the contract has it: paths and methods, JSON, errors of one shape, CORS.

Owns what every answer has in common. Which paths there are and what they do is each entry file's; what went wrong is
`errors`'s, how a line is logged `gcp.logs`'s.
"""

import re
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from dataapi import gc_tuning, trace_context
from dataapi.errors import MethodNotAllowed, NotFound, Problem, Refusal
from dataapi.trace_context import Trace

Log = Callable[..., None]  # log(event, severity, **fields)


@dataclass(slots=True)
class Call:
    """A request on its way through a function, with what its lines are logged by: more, once more is known of it."""

    request: Request
    headers: Mapping[str, str]  # by name in lower case; of one sent twice the first
    trace: Trace
    log: Log
    notes: dict[str, str]  # headers that the answer gets if the request is carried out


Handler = Callable[[Call], Awaitable[Response]]
Routes = Mapping[re.Pattern[str], Mapping[str, Handler]]

_PREFLIGHT = {
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers": "Authorization, Content-Type, Idempotency-Key, If-None-Match, Prefer",
    "access-control-max-age": "3600",  # seconds
}
_EXPOSED_HEADERS = b"ETag, Link, Location, Preference-Applied, RateLimit, RateLimit-Policy, Retry-After"
_SERVER_FAULT = 500
_CLIENT_CLOSED = 499  # nobody reads it


async def answer(request: Request, routes: Routes, origins: frozenset[str], logger: Callable[[Trace], Log]) -> Response:
    """Answers a request, whatever happens, and logs what was not carried out."""
    gc_tuning.settle()
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(request.scope["headers"])}
    here = trace_context.read(headers)
    call = Call(request, headers, here, logger(here), {})
    try:
        response = await _dispatch(call, routes)
        response.raw_headers += [(name.encode(), value.encode()) for name, value in call.notes.items()]
    except Refusal as refusal:
        severity = "INFO" if refusal.status < _SERVER_FAULT else "ERROR"
        call.log("refused", severity, status=refusal.status, reason=type(refusal).__name__)
        response = _refusal(refusal)
    except ClientDisconnect:
        call.log("client_disconnected", reason="the client closed the connection before its request was read")
        response = Response(status_code=_CLIENT_CLOSED)
    except Exception as fault:  # noqa: BLE001  the client is told in the contract's form, the log the whole of it
        call.log("crashed", "CRITICAL", reason=type(fault).__name__, stack=_stack(fault))
        message = "The service failed. Report it with the time of your request, and try again."
        response = json_response({"code": _SERVER_FAULT, "message": message}, _SERVER_FAULT)
    response.raw_headers += _cors(headers.get("origin"), origins)
    return response


def json_response(
    content: Any,  # noqa: ANN401  whatever JSON can hold
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An answer with a JSON body."""
    return Response(orjson.dumps(content), status, headers, "application/json")


async def _dispatch(call: Call, routes: Routes) -> Response:
    path, method = call.request.scope["path"], call.request.method
    methods = next((found for pattern, found in routes.items() if pattern.fullmatch(path)), None)
    if methods is None:
        raise NotFound("There is nothing at this path.")
    if method == "OPTIONS":
        return Response(status_code=204, headers=_PREFLIGHT)
    if method not in methods:
        raise MethodNotAllowed([*methods])
    return await methods[method](call)


def _refusal(refusal: Refusal) -> Response:
    """The gateway's own error body, `{"code", "message"}`, and `details` where there are any."""
    body: dict[str, Any] = {"code": refusal.status, "message": refusal.message}
    if refusal.details:
        body["details"] = [_detail(problem) for problem in refusal.details]
    return json_response(body, refusal.status, refusal.headers)


def _detail(problem: Problem) -> dict[str, Any]:
    line = {} if problem.line is None else {"line": problem.line}
    return {**line, "field": problem.field, "problem": problem.problem}


def _cors(origin: str | None, origins: frozenset[str]) -> list[tuple[bytes, bytes]]:
    always = (b"vary", b"Origin")
    if origin is None or origin not in origins:
        return [always]
    allowed = (b"access-control-allow-origin", origin.encode())
    return [always, allowed, (b"access-control-expose-headers", _EXPOSED_HEADERS)]


def _stack(fault: Exception) -> list[str]:
    """Where it happened, without the exception's text: that may hold what the client sent."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(fault.__traceback__)]
