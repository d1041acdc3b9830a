"""Reads dead letters: the documents deadLetters/{id} that the function `dead-letter` writes.

Owns the queries and the fields of a document. The queries need the indexes on `reason`, `lastAt` and `recordId`
(infra/deployment/components/database.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from google.cloud.firestore import Client, DocumentReference, DocumentSnapshot, FieldFilter, Query

from data_api.ops.dead_letters.target import Target

COLLECTION = "deadLetters"
_MAX_IN = 30  # values of an `in` filter
_LAST = "\uf8ff"  # sorts after every character of a reason
_SUMMARY = (
    *("reason", "attempts", "firstAt", "lastAt", "replays", "replayedAt", "expiresAt"),
    *("userId", "recordId", "subscription", "size", "whole"),
)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A dead letter without its message."""

    id: str
    reason: str
    attempts: int
    first_at: datetime
    last_at: datetime
    replays: int
    replayed_at: datetime | None  # None if it has failed again since
    expires_at: datetime | None
    user_id: str  # empty, like record_id, if the message is not a record
    record_id: str
    subscription: str
    size: int  # bytes of the message
    whole: bool  # whether the document holds the message
    version: datetime  # Firestore's time of the document's last change


@dataclass(frozen=True, slots=True)
class Message:
    """The message as Pub/Sub delivered it to the dead-letter topic."""

    dead_letter: DeadLetter
    data: bytes
    attributes: Mapping[str, str]


def matching(target: Target, reason: str | None, since: datetime | None) -> list[DeadLetter]:
    """The dead letters whose reason begins with `reason` and that failed at `since` or later, newest first."""
    dead_letters = [_dead_letter(document) for document in query(target.firestore, reason, since).stream()]
    return sorted(
        (dead_letter for dead_letter in dead_letters if since is None or dead_letter.last_at >= since),
        key=lambda dead_letter: (dead_letter.last_at, dead_letter.id),
        reverse=True,
    )


def query(firestore: Client, reason: str | None, since: datetime | None) -> Query:
    """By one indexed field: with a reason, the time is left to the caller."""
    summary = firestore.collection(COLLECTION).select(_SUMMARY)
    if reason:
        from_reason = summary.where(filter=FieldFilter("reason", ">=", reason))
        return from_reason.where(filter=FieldFilter("reason", "<", reason + _LAST)).order_by("reason")
    return (summary.where(filter=FieldFilter("lastAt", ">=", since)) if since else summary).order_by("lastAt")


def messages(target: Target, ids: Sequence[str]) -> list[Message]:
    """The current messages of the dead letters with these ids, in that order, without those that do not exist."""
    documents = target.firestore.get_all([reference(target, id_) for id_ in ids])
    by_id = {document.id: _message(document) for document in documents if document.exists}
    return [by_id[id_] for id_ in ids if id_ in by_id]


def lookup(target: Target, ids: Sequence[str]) -> Mapping[str, list[Message]]:
    """By id, the messages of its dead letter, or of the record with that id; an id of neither has none."""
    by_id = {message.dead_letter.id: [message] for message in messages(target, ids)}
    missing = [id_ for id_ in ids if id_ not in by_id]
    for start in range(0, len(missing), _MAX_IN):
        for document in record_query(target.firestore, missing[start : start + _MAX_IN]).stream():
            message = _message(document)
            by_id.setdefault(message.dead_letter.record_id, []).append(message)
    return {id_: by_id.get(id_, []) for id_ in ids}


def record_query(firestore: Client, record_ids: Sequence[str]) -> Query:
    """The dead letters of records: usually one of a record."""
    return firestore.collection(COLLECTION).where(filter=FieldFilter("recordId", "in", record_ids))


def reference(target: Target, id_: str) -> DocumentReference:
    """The reference of a dead letter's document."""
    return target.firestore.collection(COLLECTION).document(id_)


def _message(document: DocumentSnapshot[Any]) -> Message:
    message: Mapping[str, Any] = document.get("message")
    attributes = {attribute["name"]: attribute["value"] for attribute in message["attributes"]}
    return Message(_dead_letter(document), message.get("data", b""), attributes)


def _dead_letter(document: DocumentSnapshot[Any]) -> DeadLetter:
    fields = document.to_dict() or {}
    return DeadLetter(
        id=document.id,
        reason=fields["reason"],
        attempts=fields["attempts"],
        first_at=fields["firstAt"],
        last_at=fields["lastAt"],
        replays=fields["replays"],
        replayed_at=fields.get("replayedAt"),
        expires_at=fields.get("expiresAt"),
        user_id=fields["userId"],
        record_id=fields["recordId"],
        subscription=fields["subscription"],
        size=fields["size"],
        whole=fields["whole"],
        version=document.update_time,
    )
