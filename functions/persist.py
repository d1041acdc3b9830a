"""Stores records, once each.

Trigger: a push from the Pub/Sub subscription, whose identity alone may invoke this function. Success: 204, also if the
record is stored already. Any other answer returns the message to Pub/Sub, which retries and at last sends it to the
dead-letter topic: 422 for a message that can never be stored (logged as `rejected`, with a note for dead_letter.py),
503 for a temporary failure. Nothing is dropped here.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from dataapi import gc_tuning, interfaces, large
from dataapi.errors import Undeliverable, UnstorableRecord
from dataapi.gcp import settings
from dataapi.gcp.dead_letter_store import DeadLetterStore
from dataapi.gcp.firestore import Firestore
from dataapi.gcp.logs import Logger, startup_log
from dataapi.gcp.record_store import RecordStore
from dataapi.http import dispatch, routing
from dataapi.http.admission_control import AdmissionControl
from dataapi.http.dispatch import Call, Handler, json_response
from dataapi.http.routing import Routes
from dataapi.messages import dead_letter, push
from dataapi.records import firestore_limits, record
from dataapi.telemetry import setup


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies(dispatch.Dependencies):
    """What the handlers need."""

    admission: AdmissionControl
    records: interfaces.RecordStore
    dead_letters: interfaces.DeadLetterStore


@cache
def dependencies() -> Dependencies:
    """Composed from the environment at the first request."""
    project = settings.required(settings.PROJECT)
    logger = Logger(project)
    observer = setup.observer(logger)
    firestore = Firestore(project, settings.required(settings.DATABASE), settings.emulator(settings.FIRESTORE_EMULATOR))
    composed = Dependencies(
        logger=logger,
        observer=observer,
        admission=AdmissionControl(),
        records=RecordStore(firestore, observer),
        dead_letters=DeadLetterStore(firestore),
    )
    gc_tuning.freeze_startup_objects()
    return composed


@functions_framework.aio.http
async def persist(request: Request) -> Response:
    """Answers one push."""
    return await dispatch.answer(request, _ROUTES, dependencies, startup_log)


async def _deliver(call: Call, deps: Dependencies) -> Response:
    delivery = None
    async with deps.admission.body(call.request, push.MAX_BYTES, "The push") as body:
        try:
            delivery = await large.call(len(body), push.parse, body)
            call.log = partial(deps.logger(deps.observer.received(delivery)), **delivery.log_fields())
            size = len(delivery.data)
            received = await large.call(size, record.from_message, delivery.data, delivery.attributes)
            call.log = partial(call.log, id=received.id)
            # `generate` has checked this, but others may publish as well.
            if violation := await large.call(size, firestore_limits.violation_summary, received.data):
                raise UnstorableRecord(violation)
            saved = await deps.records.save(received)
        except Undeliverable as error:
            call.log("rejected", "ERROR", reason=str(error))
            if delivery:
                await deps.dead_letters.note_rejection(dead_letter.rejection_id(delivery), str(error))
            return json_response({"code": 422, "message": str(error)}, 422)

    lag = (datetime.now(UTC) - received.created_at).total_seconds()
    call.log("duplicate" if saved.duplicate else "stored", lagSeconds=lag, groupSize=saved.group_size)
    return Response(status_code=204)


_ROUTES: Routes[Handler[Dependencies]] = routing.compiled({"/": {"POST": _deliver}})
