"""Shows callers their own records.

Trigger: GET /data and GET /data/{id} through the gateway, role data.read; without a role GET /health, the gateway's
/healthz, and every CORS preflight. Errors: `dataapi.errors`. Reads only below users/{caller}: no parameter names a
user, so none can name another. Of a dead letter it shows its record's owner the reason and nothing else.
"""

import hashlib
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import functions_framework.aio
import orjson
from starlette.requests import Request
from starlette.responses import Response

from dataapi import gc_tuning, interfaces
from dataapi.auth import authorization
from dataapi.auth.authorization import AccessPolicy
from dataapi.errors import Gone, NotFound
from dataapi.gcp import settings
from dataapi.gcp.dead_letter_store import DeadLetterStore
from dataapi.gcp.firestore import Firestore
from dataapi.gcp.logs import Logger, startup_log
from dataapi.gcp.record_store import RecordStore
from dataapi.http import dispatch, entity_tags, prefer_wait, query_parameters, routing
from dataapi.http.dispatch import Call, Handler, json_response
from dataapi.http.routing import Routes
from dataapi.http.throttle import Throttle
from dataapi.records import pagination, record
from dataapi.records.record import Record
from dataapi.telemetry import setup


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies(dispatch.Dependencies):
    """What the handlers need."""

    access: AccessPolicy
    throttle: Throttle
    records: interfaces.RecordStore
    dead_letters: interfaces.DeadLetterStore


@cache
def dependencies() -> Dependencies:
    """Composed from the environment at the first request."""
    project, access = settings.required(settings.PROJECT), settings.access_policy()
    logger = Logger(project)
    observer = setup.observer(logger)
    firestore = Firestore(project, settings.required(settings.DATABASE), settings.emulator(settings.FIRESTORE_EMULATOR))
    composed = Dependencies(
        logger=logger,
        observer=observer,
        origins=access.origins,
        access=access,
        throttle=settings.throttle(authorization.READ),
        records=RecordStore(firestore, observer),
        dead_letters=DeadLetterStore(firestore),
    )
    gc_tuning.freeze_startup_objects()
    return composed


@functions_framework.aio.http
async def present(request: Request) -> Response:
    """Answers one request."""
    return await dispatch.answer(request, _ROUTES, dependencies, startup_log)


async def _list(call: Call, deps: Dependencies) -> Response:
    user_id = _authorized_user(call, deps)
    parameters = call.request.query_params.multi_items()
    query = pagination.parse_query(parameters)
    page = await deps.records.list(user_id, query)
    content: dict[str, Any] = {"records": [record.public(shown) for shown in page.records]}
    headers = {}
    if page.has_more:
        content["nextPageToken"] = pagination.page_token(page.records[-1])
        headers["link"] = pagination.next_link("/data", parameters, content["nextPageToken"])
    return _unless_cached(call, content, headers)


async def _get(call: Call, deps: Dependencies) -> Response:
    user_id = _authorized_user(call, deps)
    query_parameters.reject_all(call.request.query_params.multi_items())
    record_id = call.request.path_params["id"]
    if not record.ID.fullmatch(record_id):
        raise NotFound("There is no record of this id: an id is 32 hexadecimal digits.")
    seconds = prefer_wait.preferred(call.headers.get("prefer", ""))
    stored = await prefer_wait.until_found(partial(_record_or_gone, deps, user_id, record_id), seconds or 0)
    if stored is None:
        raise NotFound("You have no record of this id, or not yet. Send Prefer: wait=10 to wait for one just posted.")
    applied = {} if seconds is None else {"preference-applied": f"wait={seconds}"}
    return _unless_cached(call, record.public(stored), applied)


async def _record_or_gone(deps: Dependencies, user_id: str, record_id: str) -> Record | None:
    """The stored record; only without one the dead letters are read. Raises Gone for a dead letter."""
    stored = await deps.records.get(user_id, record_id)
    if stored is None and (reason := await deps.dead_letters.reason_for(user_id, record_id)):
        raise Gone(reason)
    return stored


def _authorized_user(call: Call, deps: Dependencies) -> str:
    user_id = authorization.authorize(call.headers, authorization.READ, deps.access)
    call.response_headers.update(deps.throttle.take(user_id))
    return user_id


async def _health(_: Call, _deps: Dependencies) -> Response:
    return json_response({"status": "ok"})


def _unless_cached(call: Call, content: dict[str, Any], headers: dict[str, str]) -> Response:
    """The content with its ETag, or 304 if the client has exactly that."""
    body = orjson.dumps(content)
    tag = f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'
    headers |= {"cache-control": "private, no-cache", "etag": f"W/{tag}"}
    if entity_tags.is_current(call.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, "application/json")


_ROUTES: Routes[Handler[Dependencies]] = routing.compiled(
    {
        "/data": {"GET": _list},
        "/data/{id}": {"GET": _get},
        "/data/": {"GET": _list},
        "/data/{id}/": {"GET": _get},
        "/health": {"GET": _health},
        "/health/": {"GET": _health},
    }
)
