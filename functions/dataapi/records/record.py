"""Defines a record and its forms: the message on the topic and the JSON of an answer.

The third form, the document in Firestore, is in `gcp.record_store`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

import orjson

from dataapi import strict_json, timestamps
from dataapi.errors import Undeliverable

SCHEMA_VERSION = "1"  # of the message, in its attribute `schemaVersion`
ID = re.compile(r"[0-9a-f]{32}")
USER_ID = re.compile(r"[\w.%~=-]+@[\w.%~-]*", re.ASCII)  # as `identity` makes it


@dataclass(frozen=True, slots=True)
class Record:
    """One JSON object that a user posted."""

    id: str
    user_id: str
    created_at: datetime
    data: dict[str, Any]
    size: int = field(default=0, compare=False)  # bytes of its message; 0 if it was not read from one


def message(receipt: Mapping[str, str], user_id: str, data: bytes) -> bytes:
    """The message of a record. `data` is the record's JSON as it was sent: it is copied byte for byte."""
    return orjson.dumps({**receipt, "userId": user_id, "data": orjson.Fragment(data)})


def from_message(raw: bytes, attributes: Mapping[str, str] = MappingProxyType({})) -> Record:
    """The record of a message; raises Undeliverable.

    A message without the attribute `schemaVersion` is read as version 1: a replay of a message that another publisher
    sent, by hand or from an export, may have lost its attributes, and the body is checked in any case.
    """
    if attributes.get("schemaVersion", SCHEMA_VERSION) != SCHEMA_VERSION:
        raise Undeliverable(f"the message's schemaVersion is not {SCHEMA_VERSION}")
    try:
        fields = strict_json.parse(raw)
        record_id, user_id, data = fields["id"], fields["userId"], fields["data"]
        created_at = timestamps.read(fields["createdAt"])
    except (strict_json.NotJsonError, timestamps.NotATimeError, KeyError, TypeError) as error:
        raise Undeliverable("the message is not a record") from error
    if not (isinstance(record_id, str) and ID.fullmatch(record_id)):
        raise Undeliverable("the message's id is invalid")
    if not (isinstance(user_id, str) and USER_ID.fullmatch(user_id)):
        raise Undeliverable("the message's userId is invalid")
    if not isinstance(data, dict):
        raise Undeliverable("the message's data is not an object")
    return Record(record_id, user_id, created_at, data, len(raw))


def receipt(record_id: str, created_at: datetime) -> dict[str, str]:
    """What the answer to a POST contains of a record."""
    return {"id": record_id, "createdAt": timestamps.written(created_at)}


def public(record: Record) -> dict[str, Any]:
    """What the answer to a GET contains of a record."""
    return {**receipt(record.id, record.created_at), "data": record.data}
