"""Reads dead letters: the documents deadLetters/{id} that the function `dead-letter` writes.

Owns the queries, which need the indexes on `reason` and `lastAt` (infra/deployment/components/database.py),
and the form of a
document in Firestore's REST interface.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from data_api.ops.dead_letters.target import Target
from data_api.ops.google_api import Json, moment, written

COLLECTION = "deadLetters"
_LAST = "\uf8ff"  # behind every character that a reason is made of
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
    replayed_at: datetime | None  # if it has not died since
    expires_at: datetime | None
    user_id: str  # empty, as the next, for what is no record
    record_id: str
    subscription: str
    size: int  # bytes of the message
    whole: bool  # whether the document holds the message
    version: str  # of the document: Firestore's time of its last change


@dataclass(frozen=True, slots=True)
class Message:
    """What died, as it came."""

    dead_letter: DeadLetter
    data: bytes
    attributes: Mapping[str, str]


def found(target: Target, reason: str | None, since: datetime | None) -> list[DeadLetter]:
    """Dead letters whose reason begins so and which died at that time or later, the newest first."""
    field, filters = "lastAt", [_filter("lastAt", "GREATER_THAN_OR_EQUAL", _time(since))] if since else []
    if reason:
        field = "reason"
        filters = [
            _filter("reason", "GREATER_THAN_OR_EQUAL", {"stringValue": reason}),
            _filter("reason", "LESS_THAN", {"stringValue": reason + _LAST}),
        ]
    query = {
        "from": [{"collectionId": COLLECTION}],
        "select": {"fields": [{"fieldPath": each} for each in _SUMMARY]},
        "orderBy": [{"field": {"fieldPath": field}, "direction": "ASCENDING"}],
        **({"where": {"compositeFilter": {"op": "AND", "filters": filters}}} if filters else {}),
    }
    dead_letters = [_letter(each) for each in run(target, query)]
    return sorted(
        (dead_letter for dead_letter in dead_letters if since is None or dead_letter.last_at >= since),
        key=lambda each: (each.last_at, each.id),
        reverse=True,
    )


def whole(target: Target, ids: Sequence[str]) -> list[Message]:
    """The dead letters of these ids with their messages, as they are now; those that are gone are left out."""
    names = [name(target, id_) for id_ in ids]
    answers = target.firestore.ask("firestore", f"/v1/{target.database}/documents:batchGet", {"documents": names})
    documents = [answer["found"] for answer in answers if "found" in answer]
    return sorted((_message(document) for document in documents), key=lambda each: list(ids).index(each.dead_letter.id))


def run(target: Target, query: Json) -> Iterator[Json]:
    """The documents that a query finds."""
    path = f"/v1/{target.database}/documents:runQuery"
    answers = target.firestore.ask("firestore", path, {"structuredQuery": query})
    return (answer["document"] for answer in answers if "document" in answer)


def name(target: Target, letter_id: str) -> str:
    """Of the document."""
    return f"{target.database}/documents/{COLLECTION}/{letter_id}"


def plain(value: Json) -> Any:  # noqa: ANN401 - whatever a document holds
    """A value of Firestore's as Python has it; a time becomes a datetime."""
    ((kind, held),) = value.items()
    match kind:
        case "integerValue":
            return int(held)
        case "timestampValue":
            return moment(held)
        case "bytesValue":
            return base64.b64decode(held)
        case "arrayValue":
            return [plain(value) for value in held.get("values", [])]
        case "mapValue":
            return {each: plain(inner) for each, inner in held.get("fields", {}).items()}
    return held


def _message(document: Json) -> Message:
    message = plain(document["fields"]["message"])
    attributes = {attribute["name"]: attribute["value"] for attribute in message["attributes"]}
    return Message(_letter(document), message.get("data", b""), attributes)


def _letter(document: Json) -> DeadLetter:
    fields = {each: plain(value) for each, value in document["fields"].items()}
    return DeadLetter(
        id=document["name"].rpartition("/")[2],
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
        version=document["updateTime"],
    )


def _filter(field: str, operator: str, value: Json) -> Json:
    return {"fieldFilter": {"field": {"fieldPath": field}, "op": operator, "value": value}}


def _time(value: datetime) -> Json:
    return {"timestampValue": written(value)}
