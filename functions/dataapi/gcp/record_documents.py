"""Owns the form of the documents users/{user}/records/{id}: a record, or the tombstone of a deleted one.

A record has `createdAt`, `data`, and `retainedFrom`, from which `retentionDays` count. A tombstone has `deletedAt`
instead of `createdAt`, so that lists, which are ordered by `createdAt`, do not read it. Both have `changedAt`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from dataapi import large
from dataapi.gcp.firestore import Firestore
from dataapi.gcp.values import decoded
from dataapi.records.record import Record

COLLECTION = "records"


def user(firestore: Firestore, user_id: str) -> str:
    """The name of the document below which a user's records are."""
    return f"{firestore.documents}/users/{user_id}"


def name(firestore: Firestore, user_id: str, record_id: str) -> str:
    """The name of a record's document."""
    return f"{user(firestore, user_id)}/{COLLECTION}/{record_id}"


def id_of(document: Any) -> str:  # noqa: ANN401  classes made by protobuf at run time
    """The record's id."""
    return str(document.name.rpartition("/")[2])


def is_tombstone(document: Any) -> bool:  # noqa: ANN401  as above
    """Whether the record was deleted."""
    return "deletedAt" in document.fields


def record(document: Any, user_id: str) -> Record:  # noqa: ANN401  as above
    """The record in a document that is not a tombstone."""
    fields = document.fields
    return Record(id_of(document), user_id, decoded(fields["createdAt"]), decoded(fields["data"]))


async def records(documents: Sequence[Any], user_id: str) -> list[Record]:
    """The records in documents that are not tombstones."""
    size = sum(document.ByteSize() for document in documents)
    return await large.call(size, lambda: [record(document, user_id) for document in documents])


def committed_at(document: Any) -> datetime:  # noqa: ANN401  as above
    """When the document's last change became readable."""
    moment: datetime = document.update_time.ToDatetime(UTC)
    return moment


def server_time(field: str) -> dict[str, str]:
    """The transform that sets a field to the time at which Firestore got the write."""
    return {"field_path": field, "set_to_server_value": "REQUEST_TIME"}
