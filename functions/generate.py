"""Accepts records: checks them, gives them their ids and publishes them.

Trigger: POST /data through the gateway, role data.write. Success: 202 with the receipts, once Pub/Sub has the
messages. Refusals: `dataapi.errors`; after a 4xx nothing was kept, after a 503 it is unknown, and a retry with the same
Idempotency-Key is safe. What becomes of a message is persist.py's.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from dataapi.auth import authorization
from dataapi.gcp import publisher, settings
from dataapi.http.admission_control import Intake
from dataapi.http.dispatch import Call, Routes, json_response
from dataapi.records import record, schema, submission
from dataapi.telemetry import observer

_check = cache(partial(schema.load, Path(__file__).with_name("record.schema.json")))
_intake = cache(Intake)


@functions_framework.aio.http
async def generate(request: Request) -> Response:
    """Answers one request."""
    return await observer.answered(request, _ROUTES, settings.access().origins)


async def _post(call: Call) -> Response:
    user_id = authorization.admitted(call.headers, authorization.WRITE, settings.access())
    throttle = settings.throttle(authorization.WRITE)
    call.notes.update(throttle.take(user_id))
    form = submission.form(call.headers)
    async with _intake().body(call.request, form.limit, form.limit_name) as body:
        records = form.records(body, _check())
        throttle.charge(user_id, len(records) - 1)
        ids = submission.ids(user_id, call.headers.get("idempotency-key"), form, len(records))
        now = datetime.now(UTC)
        # A microsecond apart, so that lines keep their order.
        receipts = [record.receipt(id_, now + timedelta(microseconds=line)) for line, id_ in enumerate(ids)]
        messages = [record.message(receipt, user_id, raw) for receipt, raw in zip(receipts, records, strict=True)]
        group_size = await publisher.publisher()(messages, call.trace)

    if form.is_batch:
        call.log("accepted", records=len(ids), groupSize=group_size)
        return json_response({"records": receipts}, 202)
    call.log("accepted", records=1, id=ids[0], groupSize=group_size)
    return json_response(receipts[0], 202, {"location": f"/data/{ids[0]}"})


_ROUTES: Routes = {re.compile("/data/?"): {"POST": _post}}
