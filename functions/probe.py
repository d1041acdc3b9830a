"""Does what a user does, and says whether it works: the synthetic caller.

Trigger: POST / by Cloud Scheduler, whose identity alone may invoke this function; only where the stack's setting
`syntheticCaller` is on. Success: 200, and the log event `synthetic_call_passed`. A step that a user could not have done
is 500 and `synthetic_call_failed` with the step and the reason. The next run is the retry: none is made here.
It has no permission but the roles of a caller, and reads and deletes only the record that it has posted.
"""

import asyncio
import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from dataapi import gc_tuning, synthetic_caller
from dataapi.gcp import settings
from dataapi.gcp.api_session import ApiSession
from dataapi.gcp.logs import Logger, startup_log
from dataapi.http import dispatch, routing
from dataapi.http.dispatch import Call, Handler, json_response
from dataapi.http.routing import Routes
from dataapi.synthetic_caller import Send, StepError
from dataapi.telemetry import setup

_SCHEMA = Path(__file__).with_name("record.schema.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies(dispatch.Dependencies):
    """What the handler needs."""

    connect: Callable[[], Send]
    record: Mapping[str, Any]  # the first example of the record schema


@cache
def dependencies() -> Dependencies:
    """Composed from the environment at the first request."""
    logger = Logger(settings.required(settings.PROJECT))
    url, audience = settings.required(settings.API_URL), settings.required(settings.AUDIENCE)
    composed = Dependencies(
        logger=logger,
        observer=setup.observer(logger),
        connect=partial(ApiSession, url, audience, settings.api_key()),
        record=json.loads(_SCHEMA.read_text("utf-8"))["examples"][0],
    )
    gc_tuning.freeze_startup_objects()
    return composed


@functions_framework.aio.http
async def probe(request: Request) -> Response:
    """Answers one call of the schedule."""
    return await dispatch.answer(request, _ROUTES, dependencies, startup_log)


async def _probe(call: Call, deps: Dependencies) -> Response:
    started = time.monotonic()
    try:
        key = f"synthetic-{uuid.uuid4()}"
        await asyncio.to_thread(synthetic_caller.run, deps.connect(), deps.record, key)
    except StepError as error:
        seconds = round(time.monotonic() - started, 3)
        call.log("synthetic_call_failed", "ERROR", step=error.step, reason=error.reason, seconds=seconds)
        return json_response({"code": 500, "message": f"The synthetic caller failed at {error}."}, 500)
    call.log("synthetic_call_passed", seconds=round(time.monotonic() - started, 3))
    return json_response({"status": "ok"})


_ROUTES: Routes[Handler[Dependencies]] = routing.compiled({"/": {"POST": _probe}})
