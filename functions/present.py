"""Shows callers their own records.

Trigger: GET /data and GET /data/{id} through the gateway, role data.read; without a role GET /health, the gateway's
/healthz, and every CORS preflight. Refusals: `dataapi.errors`. Reads only below users/{caller}: no parameter names a
user, so none can name another. Of dead letters it tells a record's owner the reason and nothing else.
"""

import hashlib
import re
from functools import partial
from typing import Any

import functions_framework.aio
import orjson
from starlette.requests import Request
from starlette.responses import Response

from dataapi.auth import authorization
from dataapi.errors import Gone, NotFound
from dataapi.gcp import dead_letter_store, record_store, settings
from dataapi.http import prefer_wait
from dataapi.http.dispatch import Call, Routes, json_response
from dataapi.records import pagination, record
from dataapi.records.record import Record
from dataapi.telemetry import observer


@functions_framework.aio.http
async def present(request: Request) -> Response:
    """Answers one request."""
    return await observer.answered(request, _ROUTES, settings.access().origins)


async def _list(call: Call) -> Response:
    user_id = _caller(call)
    parameters = call.request.query_params.multi_items()
    query = pagination.read(parameters)
    found = await record_store.lister()(user_id, query)
    shown = found[: query.size]
    content: dict[str, Any] = {"records": [record.public(each) for each in shown]}
    headers = {}
    if len(found) > query.size:
        content["nextPageToken"] = pagination.token(shown[-1])
        headers["link"] = pagination.next_link("/data", parameters, content["nextPageToken"])
    return _unless_known(call, content, headers)


async def _get(call: Call) -> Response:
    user_id = _caller(call)
    record_id = call.request.scope["path"].split("/")[2]
    if not record.ID.fullmatch(record_id):
        raise NotFound("There is no record of this id: an id is 32 hexadecimal digits.")
    seconds = prefer_wait.preferred(call.headers.get("prefer", ""))
    found = await prefer_wait.until_found(partial(_sought, user_id, record_id), seconds or 0)
    if found is None:
        raise NotFound("You have no record of this id, or not yet. Send Prefer: wait=10 to wait for one just posted.")
    applied = {} if seconds is None else {"preference-applied": f"wait={seconds}"}
    return _unless_known(call, record.public(found), applied)


async def _sought(user_id: str, record_id: str) -> Record | None:
    """A stored record always wins; only where there is none the dead letters are asked. Raises Gone for one of them."""
    found = await record_store.finder()(user_id, record_id)
    if found is None and (reason := await dead_letter_store.teller()(user_id, record_id)):
        raise Gone(reason)
    return found


def _caller(call: Call) -> str:
    user_id = authorization.admitted(call.headers, authorization.READ, settings.access())
    call.notes.update(settings.throttle(authorization.READ).take(user_id))
    return user_id


async def _health(_: Call) -> Response:
    return json_response({"status": "ok"})


def _unless_known(call: Call, content: dict[str, Any], headers: dict[str, str]) -> Response:
    """The content with its ETag, or 304 where the client says that it has just that."""
    body = orjson.dumps(content)
    tag = f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'
    headers |= {"cache-control": "private, no-cache", "etag": f"W/{tag}"}
    known = {each.strip().removeprefix("W/") for each in call.headers.get("if-none-match", "").split(",")}
    if known.isdisjoint((tag, "*")):
        return Response(body, 200, headers, "application/json")
    return Response(status_code=304, headers=headers)


_ROUTES: Routes = {
    re.compile("/data/?"): {"GET": _list},
    re.compile("/data/([^/]+)/?"): {"GET": _get},
    re.compile("/health/?"): {"GET": _health},
}
