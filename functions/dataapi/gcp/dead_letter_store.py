"""Stores dead letters in Firestore, deadLetters/{id}, and why messages were rejected, rejections/{id}.

Owns the form of both documents. Operators read, replay and discard dead letters with `data-api dead-letters`.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from grpc import aio

from dataapi.errors import Unavailable
from dataapi.gcp.firestore import Firestore
from dataapi.gcp.values import TYPES, decoded, encode, encoded
from dataapi.messages import dead_letter
from dataapi.messages.dead_letter import DeadLetter, Failure

_READ_TIMEOUT = 2.0  # seconds, of an RPC and its retries together: a caller has waited for the record store already
_WRITE_TIMEOUT = 10.0
_NOTE_TIMEOUT = 2.0
_DEAD_LETTERS, _REJECTIONS = "deadLetters", "rejections"
_MAX_QUERY_BYTES = 2**20  # of names and owners
_Write, _StructuredQuery = TYPES.Write.pb(), TYPES.StructuredQuery.pb()


class DeadLetterStore:
    """The dead letters; `retention` is how long they are kept, None for ever."""

    def __init__(self, firestore: Firestore, retention: timedelta | None = None) -> None:
        self._firestore = firestore
        self._retention = retention

    async def save(self, letter: DeadLetter) -> str:
        """Stores a dead letter, or adds a failure to a stored one, and returns its id; raises Unavailable."""
        id_, stored = letter.id, await self._stored(letter.id)
        if stored is not None and decoded(stored.fields["digest"]) != letter.digest:
            id_, stored = letter.own_id, await self._stored(letter.own_id)
        write = self._creation(id_, letter) if stored is None else self._update(id_, letter, stored)
        if write is not None:
            try:
                await self._firestore.commit(write, _WRITE_TIMEOUT)
            except aio.AioRpcError as error:  # also if another delivery was first: the next one finds its document
                raise Unavailable from error
        return id_

    async def reason_for(self, user_id: str, record_id: str) -> str | None:
        """Why a user's record is a dead letter; None if it is not one, or is being replayed. Raises Unavailable."""
        name = self._name(_DEAD_LETTERS, dead_letter.id_of_record(user_id, record_id))
        document = await self._firestore.get(name, ["reason", "replayedAt"], timeout=_READ_TIMEOUT)
        if document is None or decoded(document.fields["replayedAt"]):
            return None
        return str(decoded(document.fields["reason"]))

    async def remove(self, user_id: str, record_id: str) -> None:
        """Removes all dead letters of a user's record, with their content; raises Unavailable."""
        result = await self._firestore.run_query(
            self._firestore.documents, _letters_of(record_id), _MAX_QUERY_BYTES, _READ_TIMEOUT
        )
        for document in result.documents:
            if decoded(document.fields["userId"]) != user_id:
                continue
            try:
                await self._firestore.commit(_Write(delete=document.name), _WRITE_TIMEOUT)
            except aio.AioRpcError as error:
                raise Unavailable from error

    async def note_rejection(self, rejection_id: str, reason: str) -> None:
        """Notes why a message was rejected; the first note wins. Takes 2 s at most and never raises."""
        write = self._write(_REJECTIONS, rejection_id, {"reason": reason, "at": datetime.now(UTC)})
        write.current_document.exists = False
        with suppress(aio.AioRpcError):
            await self._firestore.commit(write, _NOTE_TIMEOUT)

    async def rejection_reason(self, rejection_id: str) -> str | None:
        """The reason that was noted for a rejected message; raises Unavailable."""
        name = self._name(_REJECTIONS, rejection_id)
        document = await self._firestore.get(name, ["reason"], timeout=_READ_TIMEOUT)
        return None if document is None else str(decoded(document.fields["reason"]))

    async def _stored(self, id_: str) -> Any:  # noqa: ANN401  classes made by protobuf at run time
        return await self._firestore.get(self._name(_DEAD_LETTERS, id_), ["digest", "failures"], timeout=_READ_TIMEOUT)

    def _creation(self, id_: str, letter: DeadLetter) -> Any:  # noqa: ANN401  as above
        # A list, because any name is allowed.
        attributes = [{"name": name, "value": value} for name, value in letter.stored_attributes.items()]
        fields = {
            "message": {"attributes": attributes},  # and `data`, below
            "size": len(letter.data),
            "whole": letter.fits,
            "digest": letter.digest,
            "subscription": letter.subscription,
            "userId": letter.user_id,
            "recordId": letter.record_id,
            "replays": 0,
            **self._state([letter.failure]),
        }
        write = self._write(_DEAD_LETTERS, id_, fields)
        if letter.fits:
            write.update.fields["message"].map_value.fields["data"].bytes_value = letter.data
        write.current_document.exists = False
        return write

    def _update(self, id_: str, letter: DeadLetter, stored: Any) -> Any:  # noqa: ANN401  as above
        """None if the failure is stored already."""
        failures = dead_letter.merged(map(_failure, decoded(stored.fields["failures"])), letter.failure)
        if failures is None:
            return None
        state = self._state(failures)
        write = self._write(_DEAD_LETTERS, id_, state)
        write.update_mask.field_paths.extend(state)
        write.current_document.update_time.CopyFrom(stored.update_time)
        return write

    def _state(self, failures: Sequence[Failure]) -> dict[str, Any]:
        """The fields that another failure changes; a replay sets `replayedAt`, until the message fails again."""
        last = failures[-1]
        return {
            "reason": last.reason,
            "attempts": sum(failure.attempts for failure in failures),
            "firstAt": failures[0].at,
            "lastAt": last.at,
            "failures": [
                {
                    "messageId": failure.message_id,
                    "at": failure.at,
                    "attempts": failure.attempts,
                    "reason": failure.reason,
                }
                for failure in failures
            ],
            "replayedAt": None,
            "expiresAt": last.at + self._retention if self._retention else None,
        }

    def _write(self, collection: str, id_: str, fields: Mapping[str, Any]) -> Any:  # noqa: ANN401  as above
        write = _Write()
        write.update.name = self._name(collection, id_)
        for name, value in fields.items():
            encode(value, write.update.fields[name])
        return write

    def _name(self, collection: str, id_: str) -> str:
        return f"{self._firestore.documents}/{collection}/{id_}"


def _letters_of(record_id: str) -> Any:  # noqa: ANN401  as above
    """A query for the owner and the names of dead letters: usually one, more if its key had different contents."""
    return _StructuredQuery(
        select={"fields": [{"field_path": "userId"}]},
        from_=[{"collection_id": _DEAD_LETTERS}],
        where={"field_filter": {"field": {"field_path": "recordId"}, "op": "EQUAL", "value": encoded(record_id)}},
    )


def _failure(fields: Mapping[str, Any]) -> Failure:
    return Failure(fields["messageId"], fields["at"], fields["attempts"], fields["reason"])
