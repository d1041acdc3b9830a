"""Keeps dead letters in Firestore, deadLetters/{id}, and what `persist` knew of them, refusals/{id}.

Owns the form of both documents. What a letter is, and its id, is `dead_letter`'s; the channel is `store`'s. Operators
read, replay and discard letters from outside: operate/dead_letters.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from typing import Any

from grpc import StatusCode, aio

from dataapi.errors import Unavailable
from dataapi.gcp import record_store, settings
from dataapi.gcp.values import TYPES, decoded, encode
from dataapi.messages import dead_letter
from dataapi.messages.dead_letter import DeadLetter, Death

Refuse = Callable[[str, str], Awaitable[None]]
"""Notes under an id why a message was refused, once. Never fails, and takes 2 s at most."""
Recall = Callable[[str], Awaitable[str | None]]
"""What was noted under an id; raises Unavailable."""
Tell = Callable[[str, str], Awaitable[str | None]]
"""The reason if a user's record is a dead letter, and not on its way again; raises Unavailable."""
Keep = Callable[[DeadLetter], Awaitable[str]]
"""Keeps a letter, or adds a death to one that is kept, and returns under which id; raises Unavailable."""

_TIMEOUT = 2.0  # seconds, of an RPC and its retries together: a caller has waited for `store` already
_WRITE_TIMEOUT = 10.0
_NOTE_TIMEOUT = 2.0
_LETTERS, _REFUSALS = "deadLetters", "refusals"
_METHODS = "/google.firestore.v1.Firestore/"
_Write, _Document = TYPES.Write.pb(), TYPES.Document.pb()
_Commit, _Committed = TYPES.CommitRequest.pb(), TYPES.CommitResponse.pb()
_GetDocument = TYPES.GetDocumentRequest.pb()


@cache
def refuser() -> Refuse:
    """What notes refusals."""

    async def refuse(id_: str, reason: str) -> None:
        write = _writing(_REFUSALS, id_, {"reason": reason, "at": datetime.now(UTC)})
        write.current_document.exists = False
        with suppress(aio.AioRpcError):
            await _commit(write, _NOTE_TIMEOUT)

    return refuse


@cache
def recaller() -> Recall:
    """What finds the note on a refusal."""

    async def recall(id_: str) -> str | None:
        found = await _get(_REFUSALS, id_, ["reason"])
        return None if found is None else str(decoded(found.fields["reason"]))

    return recall


@cache
def teller() -> Tell:
    """What tells the fate of one record."""

    async def tell(user_id: str, record_id: str) -> str | None:
        found = await _get(_LETTERS, dead_letter.of_record(user_id, record_id), ["reason", "replayedAt"])
        if found is None or decoded(found.fields["replayedAt"]):
            return None
        return str(decoded(found.fields["reason"]))

    return tell


@cache
def keeper() -> Keep:
    """What keeps dead letters."""

    async def keep(letter: DeadLetter) -> str:
        id_ = letter.id
        known = await _get(_LETTERS, id_, ["digest", "deaths"])
        if known is not None and decoded(known.fields["digest"]) != letter.digest:
            id_ = letter.own_id
            known = await _get(_LETTERS, id_, ["digest", "deaths"])
        write = _beginning(id_, letter) if known is None else _continuation(id_, letter, known)
        if write is not None:
            try:
                await _commit(write, _WRITE_TIMEOUT)
            except aio.AioRpcError as fault:  # also where another delivery was quicker: the next one finds its letter
                raise Unavailable from fault
        return id_

    return keep


def _beginning(id_: str, letter: DeadLetter) -> Any:  # noqa: ANN401  classes made by protobuf at run time
    attributes = [{"name": name, "value": value} for name, value in letter.attributes.items()]  # any name is allowed
    fields = {
        "message": {"attributes": attributes},  # and `data`, below
        "size": len(letter.data),
        "whole": letter.fits,
        "digest": letter.digest,
        "subscription": letter.subscription,
        "userId": letter.user_id,
        "recordId": letter.record_id,
        "replays": 0,
        **_state([letter.death]),
    }
    write = _writing(_LETTERS, id_, fields)
    if letter.fits:
        write.update.fields["message"].map_value.fields["data"].bytes_value = letter.data
    write.current_document.exists = False
    return write


def _continuation(id_: str, letter: DeadLetter, known: Any) -> Any:  # noqa: ANN401  as above
    """None for a death that is known."""
    deaths = dead_letter.joined(map(_death, decoded(known.fields["deaths"])), letter.death)
    if deaths is None:
        return None
    state = _state(deaths)
    write = _writing(_LETTERS, id_, state)
    write.update_mask.field_paths.extend(state)
    write.current_document.update_time.CopyFrom(known.update_time)
    return write


def _state(deaths: Sequence[Death]) -> dict[str, Any]:
    """All that another death changes; `replayedAt` is set by who replays the letter, until it dies again."""
    last, retention = deaths[-1], settings.retention()
    return {
        "reason": last.reason,
        "attempts": sum(each.attempts for each in deaths),
        "firstAt": deaths[0].at,
        "lastAt": last.at,
        "deaths": [
            {"messageId": each.message_id, "at": each.at, "attempts": each.attempts, "reason": each.reason}
            for each in deaths
        ],
        "replayedAt": None,
        "expiresAt": last.at + retention if retention else None,
    }


def _death(fields: Mapping[str, Any]) -> Death:
    return Death(fields["messageId"], fields["at"], fields["attempts"], fields["reason"])


def _writing(collection: str, id_: str, fields: Mapping[str, Any]) -> Any:  # noqa: ANN401  as above
    write = _Write()
    write.update.name = _name(collection, id_)
    for name, value in fields.items():
        encode(value, write.update.fields[name])
    return write


async def _commit(write: Any, timeout: float) -> None:  # noqa: ANN401, ASYNC109  as above; the RPC's own deadline
    database = record_store.database_name()
    call = record_store.channel().unary_unary(_METHODS + "Commit", _Commit.SerializeToString, _Committed.FromString)
    metadata = record_store.metadata_of("database", database)
    await call(_Commit(database=database, writes=[write]), timeout=timeout, metadata=metadata)


async def _get(collection: str, id_: str, fields: Sequence[str]) -> Any:  # noqa: ANN401  as above
    """The document with these of its fields; None where there is none."""
    name = _name(collection, id_)
    call = record_store.channel().unary_unary(
        _METHODS + "GetDocument", _GetDocument.SerializeToString, _Document.FromString
    )
    request = _GetDocument(name=name, mask={"field_paths": fields})
    try:
        return await call(request, timeout=_TIMEOUT, metadata=record_store.metadata_of("name", name))
    except aio.AioRpcError as fault:
        if fault.code() is StatusCode.NOT_FOUND:
            return None
        raise Unavailable from fault


def _name(collection: str, id_: str) -> str:
    return f"{record_store.database_name()}/documents/{collection}/{id_}"
