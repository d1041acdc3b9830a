"""Accepts records: checks them, gives them ids and publishes them.

Trigger: POST /data through the gateway, role data.write. Success: 202 with the receipts, once Pub/Sub has the
messages. Errors: `dataapi.errors`; after a 4xx nothing was stored, after a 503 it is unknown, and a retry with the same
Idempotency-Key is safe. persist.py stores the messages.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from dataapi import gc_tuning, interfaces
from dataapi.auth import authorization
from dataapi.auth.authorization import AccessPolicy
from dataapi.checking.checker import Checker
from dataapi.gcp import settings
from dataapi.gcp.logs import Logger, startup_log
from dataapi.gcp.publisher import Publisher
from dataapi.http import dispatch, query_parameters, routing
from dataapi.http.admission_control import AdmissionControl
from dataapi.http.dispatch import Call, Handler, json_response
from dataapi.http.routing import Routes
from dataapi.http.throttle import Throttle
from dataapi.records import record, rules, schema, submission
from dataapi.telemetry import setup

_SCHEMA = Path(__file__).with_name("record.schema.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies(dispatch.Dependencies):
    """What the handlers need."""

    access: AccessPolicy
    throttle: Throttle
    admission: AdmissionControl
    checker: rules.Checker
    publisher: interfaces.Publisher


@cache
def dependencies() -> Dependencies:
    """Composed from the environment at the first request."""
    project, access = settings.required(settings.PROJECT), settings.access_policy()
    logger = Logger(project)
    observer = setup.observer(logger)
    emulator = settings.emulator(settings.PUBSUB_EMULATOR)
    composed = Dependencies(
        logger=logger,
        observer=observer,
        origins=access.origins,
        access=access,
        throttle=settings.throttle(authorization.WRITE),
        admission=AdmissionControl(),
        checker=Checker(_SCHEMA, schema.load(_SCHEMA)),
        publisher=Publisher(project, settings.required(settings.TOPIC), emulator, observer),
    )
    gc_tuning.freeze_startup_objects()
    return composed


@functions_framework.aio.http
async def generate(request: Request) -> Response:
    """Answers one request."""
    return await dispatch.answer(request, _ROUTES, dependencies, startup_log)


async def _post(call: Call, deps: Dependencies) -> Response:
    user_id = authorization.authorize(call.headers, authorization.WRITE, deps.access)
    call.response_headers.update(deps.throttle.take(user_id))
    query_parameters.reject_all(call.request.query_params.multi_items())
    form = submission.form(call.headers)
    async with deps.admission.body(call.request, form.limit, form.limit_name, user_id) as body:
        records = await form.records(body, deps.checker, partial(_charge, call, deps.throttle, user_id))
        ids = submission.ids(user_id, call.headers.get("idempotency-key"), form, len(records))
        now = datetime.now(UTC)
        # A microsecond apart, so that lines keep their order.
        receipts = [record.receipt(id_, now + timedelta(microseconds=line)) for line, id_ in enumerate(ids)]
        messages = [record.message(receipt, user_id, raw) for receipt, raw in zip(receipts, records, strict=True)]
        group_size = await deps.publisher.publish(messages, call.trace)

    if form.is_batch:
        call.log("accepted", records=len(ids), groupSize=group_size)
        return json_response({"records": receipts}, 202)
    call.log("accepted", records=1, id=ids[0], groupSize=group_size)
    return json_response(receipts[0], 202, {"location": f"/data/{ids[0]}"})


def _charge(call: Call, throttle: Throttle, user_id: str, records: int) -> None:
    """Takes the tokens of a batch besides the one that every request costs."""
    call.response_headers.update(throttle.charge(user_id, records - 1))


_ROUTES: Routes[Handler[Dependencies]] = routing.compiled({"/data": {"POST": _post}, "/data/": {"POST": _post}})
