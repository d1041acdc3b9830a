"""Keeps dead letters: stores each message that Pub/Sub has given up on as a document that operators can find.

Trigger: a push from the dead-letter topic, whose identity alone may invoke this function. Success: 204, also for a
letter that stood there already. Anything else goes back to Pub/Sub, which tries again for as long as it keeps messages;
whatever happens here, the topic's retained subscription has its own copy. Replaying and discarding are an operator's:
`data-api dead-letters`.
"""

import re
from functools import cache, partial

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from dataapi.errors import Undeliverable
from dataapi.gcp import dead_letter_store, logs
from dataapi.http.admission_control import Intake
from dataapi.http.dispatch import Call, Routes, json_response
from dataapi.messages import push
from dataapi.messages.dead_letter import read, refusal_id
from dataapi.telemetry import observer

_intake = cache(Intake)


@functions_framework.aio.http
async def dead_letter(request: Request) -> Response:
    """Answers one push."""
    return await observer.answered(request, _ROUTES, frozenset())


async def _take(call: Call) -> Response:
    async with _intake().body(call.request, push.MAX_BYTES, "The push") as body:
        try:
            delivery = push.opened(body)
        except Undeliverable as fault:
            call.log("rejected", "ERROR", reason=str(fault))
            return json_response({"code": 422, "message": str(fault)}, 422)
        call.log = partial(logs.logger(observer.received(delivery)), messageId=delivery.message_id)
        refusal = await dead_letter_store.recaller()(refusal_id(delivery))
        letter = read(delivery, refusal)
        kept_as = await dead_letter_store.keeper()(letter)

    death, record_id = letter.death, letter.record_id or None
    call.log("dead_lettered", "WARNING", id=record_id, letter=kept_as, reason=death.reason, attempts=death.attempts)
    return Response(status_code=204)


_ROUTES: Routes = {re.compile("/"): {"POST": _take}}
