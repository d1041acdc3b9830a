"""Shows callers their own records.

Trigger: GET /data, /data/changes and /data/{id} through the gateway, role data.read; GET /me with any valid token;
without a token GET /health, the gateway's /healthz, and every CORS preflight. Errors: `dataapi.errors`. Reads only
below users/{caller}: no parameter names a user, so none can name another. Of a dead letter it shows its record's owner
the reason and nothing else.
"""

import asyncio
import hashlib
from contextlib import suppress
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
from dataapi.errors import DeletedError, Gone, NotFound
from dataapi.gcp import settings
from dataapi.gcp.change_feed import ChangeFeed
from dataapi.gcp.dead_letter_store import DeadLetterStore
from dataapi.gcp.firestore import Firestore
from dataapi.gcp.logs import Logger, startup_log
from dataapi.gcp.record_store import RecordStore
from dataapi.http import dispatch, entity_tags, prefer_wait, query_parameters, routing
from dataapi.http.dispatch import Call, Handler, json_response
from dataapi.http.routing import Routes
from dataapi.http.throttle import Throttle
from dataapi.records import change_order, changes, pagination, record
from dataapi.records.changes import ChangesQuery
from dataapi.records.record import Record
from dataapi.telemetry import setup


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies(dispatch.Dependencies):
    """What the handlers need."""

    access: AccessPolicy
    throttle: Throttle
    records: interfaces.RecordStore
    changes: interfaces.ChangeFeed
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
        changes=ChangeFeed(firestore, observer, settings.max_waiting()),
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


async def _changes(call: Call, deps: Dependencies) -> Response:
    user_id = _authorized_user(call, deps)
    query = changes.parse_query(call.request.query_params.multi_items())
    seconds = prefer_wait.preferred(call.headers.get("prefer", ""), changes.MAX_WAIT)
    page = await deps.changes.page(user_id, query)
    if seconds and not page.changes and not query.from_now_on:
        page = await _changed_page(deps, user_id, query.size, page, seconds)
    content = {
        "changes": [changes.public(change) for change in page.changes],
        "nextCursor": changes.cursor_text(page.cursor),
    }
    applied = {} if seconds is None else {"preference-applied": f"wait={seconds}"}
    return json_response(content, headers=applied)


async def _changed_page(
    deps: Dependencies, user_id: str, size: int, page: change_order.Page, seconds: int
) -> change_order.Page:
    """The first page with changes after an empty one; an empty one again when the time is up."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds), deps.changes.listener.listening(user_id, page.cursor) as changed:
            while not page.changes:
                await changed.wait()
                changed.clear()
                page = await deps.changes.page(user_id, ChangesQuery(size, page.cursor))
    return page


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
    """The stored record; only without one the dead letters are read. Raises Gone for a dead letter, or NotFound."""
    try:
        stored = await deps.records.get(user_id, record_id)
    except DeletedError as error:
        raise NotFound("You have deleted this record.") from error
    if stored is None and (reason := await deps.dead_letters.reason_for(user_id, record_id)):
        raise Gone.dead_letter(reason)
    return stored


def _authorized_user(call: Call, deps: Dependencies) -> str:
    user_id = authorization.authorize(call.headers, authorization.READ, deps.access)
    call.response_headers.update(deps.throttle.take(user_id))
    return user_id


async def _me(call: Call, deps: Dependencies) -> Response:
    caller = authorization.identify(call.headers, deps.access)
    call.response_headers.update(deps.throttle.take(caller.user_id))
    query_parameters.reject_all(call.request.query_params.multi_items())
    roles = [role for role in authorization.ROLES if authorization.has_role(caller, role, deps.access)]
    content: dict[str, Any] = {"roles": roles} | ({} if caller.email is None else {"email": caller.email})
    return json_response(content)


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
        "/data/": {"GET": _list},
        "/data/changes": {"GET": _changes},
        "/data/changes/": {"GET": _changes},
        "/data/{id}": {"GET": _get},
        "/data/{id}/": {"GET": _get},
        "/me": {"GET": _me},
        "/me/": {"GET": _me},
        "/health": {"GET": _health},
        "/health/": {"GET": _health},
    }
)
