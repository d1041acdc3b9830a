"""Deletes records for their owners, so that they do not come back.

Trigger: DELETE /data/{id} through the gateway, role data.write. Success: 204, also if the record is deleted already, is
not stored yet, or never existed. Errors: `dataapi.errors`; after a 503 a retry is safe. Writes only below
users/{caller}, and removes only the caller's own dead letters: no parameter names a user, so none can name another.
"""

from dataclasses import dataclass
from functools import cache

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from dataapi import gc_tuning, interfaces
from dataapi.auth import authorization
from dataapi.auth.authorization import AccessPolicy
from dataapi.errors import NotFound
from dataapi.gcp import settings
from dataapi.gcp.dead_letter_store import DeadLetterStore
from dataapi.gcp.firestore import Firestore
from dataapi.gcp.logs import Logger, startup_log
from dataapi.gcp.tombstones import Tombstones
from dataapi.http import dispatch, query_parameters, routing
from dataapi.http.dispatch import Call, Handler
from dataapi.http.routing import Routes
from dataapi.http.throttle import Throttle
from dataapi.records import record
from dataapi.telemetry import setup


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies(dispatch.Dependencies):
    """What the handlers need."""

    access: AccessPolicy
    throttle: Throttle
    tombstones: interfaces.Tombstones
    dead_letters: interfaces.DeadLetterStore


@cache
def dependencies() -> Dependencies:
    """Composed from the environment at the first request."""
    project, access = settings.required(settings.PROJECT), settings.access_policy()
    logger = Logger(project)
    firestore = Firestore(project, settings.required(settings.DATABASE), settings.emulator(settings.FIRESTORE_EMULATOR))
    composed = Dependencies(
        logger=logger,
        observer=setup.observer(logger),
        origins=access.origins,
        access=access,
        throttle=settings.throttle(authorization.WRITE),
        tombstones=Tombstones(firestore),
        dead_letters=DeadLetterStore(firestore),
    )
    gc_tuning.freeze_startup_objects()
    return composed


@functions_framework.aio.http
async def delete(request: Request) -> Response:
    """Answers one request."""
    return await dispatch.answer(request, _ROUTES, dependencies, startup_log)


async def _delete(call: Call, deps: Dependencies) -> Response:
    user_id = authorization.authorize(call.headers, authorization.WRITE, deps.access)
    call.response_headers.update(deps.throttle.take(user_id))
    query_parameters.reject_all(call.request.query_params.multi_items())
    record_id = call.request.path_params["id"]
    if not record.ID.fullmatch(record_id):
        raise NotFound("There is no record of this id: an id is 32 hexadecimal digits.")
    # In this order: `dead-letter` stores none of a record that has a tombstone.
    await deps.tombstones.delete(user_id, record_id)
    await deps.dead_letters.remove(user_id, record_id)
    call.log("deleted", id=record_id)
    return Response(status_code=204)


_ROUTES: Routes[Handler[Dependencies]] = routing.compiled(
    {
        "/data/changes": {},  # the gateway sends DELETE to it here, too: its path has the form of /data/{id}
        "/data/changes/": {},
        "/data/{id}": {"DELETE": _delete},
        "/data/{id}/": {"DELETE": _delete},
    }
)
