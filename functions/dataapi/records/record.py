"""A record and its written forms: the message on the topic and the JSON of an answer.

Owns their field names. The document in Firestore is the third form; it is made of protobuf and is `gcp.store`'s.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from dataapi import strict_json, timestamps
from dataapi.errors import Undeliverable

SCHEMA_VERSION = "1"  # of the message, in its attribute `schemaVersion`
ID = re.compile(r"[0-9a-f]{32}")
USER_ID = re.compile(r"[\w.%~=-]+@[\w.%~-]*", re.ASCII)  # what `identity` makes


@dataclass(frozen=True, slots=True)
class Record:
    """What one user posted once. `data` is any JSON object that Firestore can keep."""

    id: str
    user_id: str
    created_at: datetime
    data: dict[str, Any]


def message(receipt: Mapping[str, str], user_id: str, data: bytes) -> bytes:
    """The message of a record. `data` is the record's JSON as it was sent: it goes on unchanged, digit by digit."""
    head = orjson.dumps({**receipt, "userId": user_id})
    return head[:-1] + b',"data":' + data + b"}"


def from_message(raw: bytes) -> Record:
    """Reads a message back; raises Undeliverable if it is none of ours."""
    try:
        fields = strict_json.parse(raw)
        record_id, user_id, data = fields["id"], fields["userId"], fields["data"]
        created_at = timestamps.read(fields["createdAt"])
    except (strict_json.NotJsonError, timestamps.NotATimeError, KeyError, TypeError) as fault:
        raise Undeliverable("the message is not a record's") from fault
    if not (isinstance(record_id, str) and ID.fullmatch(record_id)):
        raise Undeliverable("the message's id is not a record's")
    if not (isinstance(user_id, str) and USER_ID.fullmatch(user_id)):
        raise Undeliverable("the message's user is not one")
    if not isinstance(data, dict):
        raise Undeliverable("the message's data is not an object")
    return Record(record_id, user_id, created_at, data)


def receipt(record_id: str, created_at: datetime) -> dict[str, str]:
    """What the sender of a record is told of it."""
    return {"id": record_id, "createdAt": timestamps.written(created_at)}


def public(record: Record) -> dict[str, Any]:
    """The record as its owner reads it."""
    return {**receipt(record.id, record.created_at), "data": record.data}
