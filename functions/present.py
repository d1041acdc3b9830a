"""Shows callers their own records.

Trigger: GET /data and GET /data/{id} through the gateway, role data.read; without a role GET /health, the gateway's
/healthz, and every CORS preflight. Refusals: `dataapi.errors`. Reads only below users/{caller}: no parameter names a
user, so none can name another.
"""

import hashlib
import re
from functools import partial
from typing import Any

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from dataapi import access, page, record, trace, waiting
from dataapi.errors import NotFound
from dataapi.gcp import logs, settings, store
from dataapi.http import Routes, answer, json_response

_DATA = re.compile("/data/?")
_RECORD = re.compile("/data/([^/]+)/?")
_HEALTH = re.compile("/health/?")


@functions_framework.aio.http
async def present(request: Request) -> Response:
    """Answers one request."""
    routes: Routes = {_DATA: {"GET": _list}, _RECORD: {"GET": _get}, _HEALTH: {"GET": _health}}
    return await answer(request, routes, settings.access().origins, logs.logger(trace.read(request.headers)))


async def _list(request: Request) -> Response:
    user_id = access.admitted(request.headers, access.READ, settings.access())
    parameters = request.query_params.multi_items()
    query = page.read(parameters)
    found = await store.lister()(user_id, query)
    shown = found[: query.size]
    content: dict[str, Any] = {"records": [record.public(each) for each in shown]}
    headers = {}
    if len(found) > query.size:
        content["nextPageToken"] = page.token(shown[-1])
        headers["link"] = page.next_link("/data", parameters, content["nextPageToken"])
    return _unless_known(request, content, headers)


async def _get(request: Request) -> Response:
    user_id = access.admitted(request.headers, access.READ, settings.access())
    record_id = request.scope["path"].split("/")[2]
    if not record.ID.fullmatch(record_id):
        raise NotFound("There is no record of this id: an id is 32 hexadecimal digits.")
    seconds = waiting.preferred(request.headers.get("prefer", ""))
    found = await waiting.until_found(partial(store.finder(), user_id, record_id), seconds or 0)
    if found is None:
        raise NotFound("You have no record of this id, or not yet. Send Prefer: wait=10 to wait for one just posted.")
    return _unless_known(
        request, record.public(found), {} if seconds is None else {"preference-applied": f"wait={seconds}"}
    )


async def _health(_: Request) -> Response:
    return json_response({"status": "ok"})


def _unless_known(request: Request, content: dict[str, Any], headers: dict[str, str]) -> Response:
    """The content with its ETag, or 304 where the client says that it has just that."""
    response = json_response(content, 200, {**headers, "cache-control": "private, no-cache"})
    tag = f'W/"{hashlib.blake2b(response.body, digest_size=16).hexdigest()}"'
    response.headers["etag"] = tag
    known = [each.strip() for each in request.headers.get("if-none-match", "").split(",")]
    if tag not in known and tag.removeprefix("W/") not in known and "*" not in known:
        return response
    kept = {name: response.headers[name] for name in response.headers if name not in ("content-type", "content-length")}
    return Response(status_code=304, headers=kept)
