"""Stores each message that Pub/Sub has given up on as a dead letter that operators can find.

Trigger: a push from the dead-letter topic, whose identity alone may invoke this function. Success: 204, also if the
dead letter is stored already, or if the owner has deleted the record: then nothing of it is stored. Any other answer
returns the message to Pub/Sub, which retries for as long as it keeps messages; the topic's retained subscription has
its own copy in any case. Operators replay and discard dead letters with `data-api dead-letters`.
"""

from dataclasses import dataclass
from functools import cache, partial

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from dataapi import gc_tuning, interfaces
from dataapi.errors import Undeliverable
from dataapi.gcp import settings
from dataapi.gcp.dead_letter_store import DeadLetterStore
from dataapi.gcp.firestore import Firestore
from dataapi.gcp.logs import Logger, startup_log
from dataapi.gcp.tombstones import Tombstones
from dataapi.http import dispatch, routing
from dataapi.http.admission_control import AdmissionControl
from dataapi.http.dispatch import Call, Handler, json_response
from dataapi.http.routing import Routes
from dataapi.messages import push
from dataapi.messages.dead_letter import DeadLetter, read, rejection_id
from dataapi.telemetry import setup


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies(dispatch.Dependencies):
    """What the handlers need."""

    admission: AdmissionControl
    dead_letters: interfaces.DeadLetterStore
    tombstones: interfaces.Tombstones


@cache
def dependencies() -> Dependencies:
    """Composed from the environment at the first request."""
    project = settings.required(settings.PROJECT)
    logger = Logger(project)
    firestore = Firestore(project, settings.required(settings.DATABASE), settings.emulator(settings.FIRESTORE_EMULATOR))
    composed = Dependencies(
        logger=logger,
        observer=setup.observer(logger),
        admission=AdmissionControl(),
        dead_letters=DeadLetterStore(firestore, settings.retention()),
        tombstones=Tombstones(firestore),
    )
    gc_tuning.freeze_startup_objects()
    return composed


@functions_framework.aio.http
async def dead_letter(request: Request) -> Response:
    """Answers one push."""
    return await dispatch.answer(request, _ROUTES, dependencies, startup_log)


async def _store(call: Call, deps: Dependencies) -> Response:
    async with deps.admission.body(call.request, push.MAX_BYTES, "The push") as body:
        try:
            delivery = push.parse(body)
        except Undeliverable as error:
            call.log("rejected", "ERROR", reason=str(error))
            return json_response({"code": 422, "message": str(error)}, 422)
        call.log = partial(deps.logger(deps.observer.received(delivery)), messageId=delivery.message_id)
        letter = read(delivery, await deps.dead_letters.rejection_reason(rejection_id(delivery)))
        document_id = await _save(letter, deps)

    failure, record_id = letter.failure, letter.record_id or None
    if document_id is None:
        call.log("deleted", id=record_id)
        return Response(status_code=204)
    fields = {"deadLetterId": document_id, "reason": failure.reason, "attempts": failure.attempts}
    call.log("dead_lettered", "WARNING", id=record_id, **fields)
    return Response(status_code=204)


async def _save(letter: DeadLetter, deps: Dependencies) -> str | None:
    """The id of the stored dead letter; None if the record was deleted, also while its dead letter was being stored.

    `delete` removes dead letters after it has written the tombstone, so one of the two sees what the other did.
    """
    if await _is_deleted(letter, deps):
        return None
    document_id = await deps.dead_letters.save(letter)
    if await _is_deleted(letter, deps):
        await deps.dead_letters.remove(letter.user_id, letter.record_id)
        return None
    return document_id


async def _is_deleted(letter: DeadLetter, deps: Dependencies) -> bool:
    return bool(letter.record_id) and await deps.tombstones.is_deleted(letter.user_id, letter.record_id)


_ROUTES: Routes[Handler[Dependencies]] = routing.compiled({"/": {"POST": _store}})
