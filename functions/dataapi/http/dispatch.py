"""Answers HTTP requests: finds the handler, and gives all answers JSON bodies, errors of one form and CORS headers.

No cache may keep an answer, unless its handler says otherwise (RFC 9111). Otherwise a browser could reuse a 404, 405 or
410 although the record is there by now (section 4.2.2). Handlers allow it where it helps: with an ETag (`private,
no-cache`: each use is validated with the caller's own token), and for files of the page.
"""

import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from dataapi import trace_context
from dataapi.errors import HttpError, MethodNotAllowed, NotFound, Problem
from dataapi.http import routing
from dataapi.http.headers import header_values
from dataapi.http.routing import Routes
from dataapi.telemetry.observer import Observer
from dataapi.trace_context import Trace

Log = Callable[..., None]  # log(event, severity, **fields)


@dataclass(slots=True)
class Call:
    """A request, and how its events are logged: with more fields once more is known about it."""

    request: Request
    headers: Mapping[str, str]  # by name in lower case; of one sent twice the first
    trace: Trace
    log: Log
    response_headers: dict[str, str]  # added to the answer if the handler raises nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """What answering any request needs. Each entry file adds what its own handlers need."""

    logger: Callable[[Trace], Log]
    observer: Observer
    origins: frozenset[str] = frozenset()  # of web pages that may call; a port may be *


D = TypeVar("D", bound=Dependencies)
Handler = Callable[[Call, D], Awaitable[Response]]

_PREFLIGHT = {
    "access-control-allow-methods": "DELETE, GET, POST",
    "access-control-allow-headers": "Authorization, Content-Type, Idempotency-Key, If-None-Match, Prefer, X-Api-Key",
    "access-control-max-age": "3600",  # seconds
}
_EXPOSED_HEADERS = b"ETag, Link, Location, Preference-Applied, RateLimit, RateLimit-Policy, Retry-After"
MAX_ERROR_BYTES = 64 * 2**10  # of an answer; details that do not fit, as of names in control characters, are left out
_SERVER_ERROR = 500
_CLIENT_CLOSED_REQUEST = 499  # nobody reads it


def answer(
    request: Request, routes: Routes[Handler[D]], compose: Callable[[], D], startup_log: Log
) -> Awaitable[Response]:
    """Answers a request, whatever happens, and logs every error; `compose` gives the dependencies."""
    try:
        dependencies = compose()
    except Exception as error:  # noqa: BLE001  as in `_answer`; nothing that the client sent has been read
        startup_log("crashed", "CRITICAL", reason=f"{type(error).__name__}: {error}", stack=_stack(error))
        return _misconfigured()
    return dependencies.observer.serving(request, routes, partial(_answer, request, routes, dependencies))


def json_response(
    content: Any,  # noqa: ANN401  whatever JSON can hold
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An answer with a JSON body."""
    return Response(orjson.dumps(content), status, headers, "application/json")


async def _answer(request: Request, routes: Routes[Handler[D]], dependencies: D) -> Response:
    headers = header_values(request)
    trace = trace_context.read(headers)
    call = Call(request, headers, trace, dependencies.logger(trace), {})
    try:
        response = await _dispatch(call, routes, dependencies)
        response.raw_headers += [(name.encode(), value.encode()) for name, value in call.response_headers.items()]
    except HttpError as error:
        severity = "INFO" if error.status < _SERVER_ERROR else "ERROR"
        call.log("refused", severity, status=error.status, reason=type(error).__name__)
        response = _error_response(error)
    except ClientDisconnect:
        call.log("client_disconnected", reason="the client closed the connection before its request was read")
        response = Response(status_code=_CLIENT_CLOSED_REQUEST)
    except Exception as error:  # noqa: BLE001  the client gets an error of the contract, the log has the rest
        call.log("crashed", "CRITICAL", reason=type(error).__name__, stack=_stack(error))
        response = _internal_error()
    response.raw_headers += _cors(headers.get("origin"), dependencies.origins)
    return _protected(response)


async def _misconfigured() -> Response:
    return _protected(_internal_error())


def _protected(response: Response) -> Response:
    """The response with the headers that its handler has not set."""
    response.headers.setdefault("cache-control", "no-store")
    response.headers.setdefault("x-content-type-options", "nosniff")
    return response


def _internal_error() -> Response:
    message = "The service failed. Report it with the time of your request, and try again."
    return json_response({"code": _SERVER_ERROR, "message": message}, _SERVER_ERROR)


async def _dispatch(call: Call, routes: Routes[Handler[D]], dependencies: D) -> Response:
    request = call.request
    match = routing.find(routes, request.scope["path"])
    if match is None:
        raise NotFound("There is nothing at this path.")
    handlers, method = match.route.handlers, request.method
    if method == "OPTIONS":
        return Response(status_code=204, headers=_PREFLIGHT)
    if method not in handlers:
        raise MethodNotAllowed([*handlers])
    request.scope["path_params"] = match.parameters
    response: Response = await handlers[method](call, dependencies)
    return response


def _error_response(error: HttpError) -> Response:
    """The gateway's own error body, `{"code", "message"}`, and `details` where there are any."""
    body: dict[str, Any] = {"code": error.status, "message": error.message}
    if error.details:
        body["details"] = [_detail(problem) for problem in error.details]
    response = json_response(body, error.status, error.headers)
    while len(response.body) > MAX_ERROR_BYTES and len(body["details"]) > 1:
        body["details"] = body["details"][: len(body["details"]) // 2]
        response = json_response(body, error.status, error.headers)
    return response


def _detail(problem: Problem) -> dict[str, Any]:
    line = {} if problem.line is None else {"line": problem.line}
    return {**line, "field": problem.field, "problem": problem.problem}


def _cors(origin: str | None, origins: frozenset[str]) -> list[tuple[bytes, bytes]]:
    vary = (b"vary", b"Origin")
    if origin is None or not _is_allowed(origin, origins):
        return [vary]
    allowed = (b"access-control-allow-origin", origin.encode())
    return [vary, allowed, (b"access-control-expose-headers", _EXPOSED_HEADERS)]


def _is_allowed(origin: str, origins: frozenset[str]) -> bool:
    """An allowed origin may have `*` as its port, as in http://localhost:*."""
    host, _, port = origin.rpartition(":")
    return origin in origins or (port.isdecimal() and f"{host}:*" in origins)


def _stack(error: Exception) -> list[str]:
    """Where it happened, without the exception's text: that may hold what the client sent."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
