"""Stores records, once each.

Trigger: a push from the Pub/Sub subscription, whose identity alone may invoke this function. Success: 204, for a
record that stood there already as well. Anything else goes back to Pub/Sub, which tries again and at last hands the
message to the dead-letter topic: 422 for one that can never be stored (logged as `rejected`, and noted for bury.py,
which keeps what is given up), 503 for a fault in passing. Nothing is dropped here.
"""

import re
from datetime import UTC, datetime
from functools import cache, partial

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from dataapi import dead_letter, push, record, storable
from dataapi.errors import Undeliverable
from dataapi.gcp import letters, logs, store, tracing
from dataapi.grouping import GroupRefused
from dataapi.http import Call, Routes, json_response
from dataapi.intake import Intake
from dataapi.record import Record

_intake = cache(Intake)


@functions_framework.aio.http
async def persist(request: Request) -> Response:
    """Answers one push."""
    return await tracing.answered(request, _ROUTES, frozenset())


async def _deliver(call: Call) -> Response:
    delivery = None
    async with _intake().body(call.request, push.MAX_BYTES, "The push") as body:
        try:
            delivery = push.opened(body)
            call.log = partial(logs.logger(tracing.received(delivery)), **delivery.known())
            found = record.from_message(delivery.data)
            call.log = partial(call.log, id=found.id)
            saved = await _save(found)
        except Undeliverable as fault:
            call.log("rejected", "ERROR", reason=str(fault))
            if delivery:
                await letters.refuser()(dead_letter.refusal_id(delivery), str(fault))
            return json_response({"code": 422, "message": str(fault)}, 422)

    lag = (datetime.now(UTC) - found.created_at).total_seconds()
    call.log("duplicate" if saved.duplicate else "stored", lagSeconds=lag, groupSize=saved.group_size)
    return Response(status_code=204)


async def _save(found: Record) -> store.Saved:
    """Asks Firestore only for what it can keep: `generate` has seen to that, but others may publish as well."""
    if fault := storable.fault(found.data):
        raise Undeliverable(fault)
    try:
        return await store.saver()(found)
    except GroupRefused as refusal:
        raise Undeliverable(str(refusal)) from refusal


_ROUTES: Routes = {re.compile("/"): {"POST": _deliver}}
