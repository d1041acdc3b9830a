"""Stores records, once each.

Trigger: a push from the Pub/Sub subscription, whose identity alone may invoke this function. Success: 204, for a
record that stood there already as well. Anything else goes back to Pub/Sub, which tries again and at last hands the
message to the dead-letter topic: 422 for one that can never be stored (logged as `rejected`, and noted for
dead_letter.py, which keeps what is given up), 503 for a fault in passing. Nothing is dropped here.
"""

import re
from datetime import UTC, datetime
from functools import cache, partial

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from dataapi.errors import Undeliverable
from dataapi.gcp import dead_letter_store, logs, record_store
from dataapi.group_commit import GroupRefused
from dataapi.http.admission_control import Intake
from dataapi.http.dispatch import Call, Routes, json_response
from dataapi.messages import dead_letter, push
from dataapi.records import firestore_limits, record
from dataapi.records.record import Record
from dataapi.telemetry import observer

_intake = cache(Intake)


@functions_framework.aio.http
async def persist(request: Request) -> Response:
    """Answers one push."""
    return await observer.answered(request, _ROUTES, frozenset())


async def _deliver(call: Call) -> Response:
    delivery = None
    async with _intake().body(call.request, push.MAX_BYTES, "The push") as body:
        try:
            delivery = push.opened(body)
            call.log = partial(logs.logger(observer.received(delivery)), **delivery.known())
            found = record.from_message(delivery.data)
            call.log = partial(call.log, id=found.id)
            saved = await _save(found)
        except Undeliverable as fault:
            call.log("rejected", "ERROR", reason=str(fault))
            if delivery:
                await dead_letter_store.refuser()(dead_letter.refusal_id(delivery), str(fault))
            return json_response({"code": 422, "message": str(fault)}, 422)

    lag = (datetime.now(UTC) - found.created_at).total_seconds()
    call.log("duplicate" if saved.duplicate else "stored", lagSeconds=lag, groupSize=saved.group_size)
    return Response(status_code=204)


async def _save(found: Record) -> record_store.Saved:
    """Asks Firestore only for what it can keep: `generate` has seen to that, but others may publish as well."""
    if fault := firestore_limits.fault(found.data):
        raise Undeliverable(fault)
    try:
        return await record_store.saver()(found)
    except GroupRefused as refusal:
        raise Undeliverable(str(refusal)) from refusal


_ROUTES: Routes = {re.compile("/"): {"POST": _deliver}}
