"""Deletes records: each leaves a tombstone in its place, which keeps a late delivery from storing it again."""

from datetime import UTC, datetime
from typing import Any

from grpc import StatusCode, aio

from dataapi.errors import Unavailable
from dataapi.gcp import record_documents
from dataapi.gcp.firestore import Firestore
from dataapi.gcp.values import TYPES, encode
from dataapi.records.changes import TOMBSTONE_LIFETIME

_READ_TIMEOUT = 2.0  # seconds, of an RPC and its retries together
_WRITE_TIMEOUT = 10.0  # seconds; `change_order.MAX_COMMIT_DELAY` counts on it
_ATTEMPTS = 4  # a document can change twice meanwhile: absent, record, tombstone
_CHANGED_MEANWHILE = (
    StatusCode.FAILED_PRECONDITION,
    StatusCode.ALREADY_EXISTS,
    StatusCode.NOT_FOUND,
    StatusCode.ABORTED,
)
_Write = TYPES.Write.pb()


class Tombstones:
    """The tombstones among the records of all users."""

    def __init__(self, firestore: Firestore) -> None:
        self._firestore = firestore

    async def delete(self, user_id: str, record_id: str) -> None:
        """Puts a tombstone in a record's place, whether it is stored or not yet; raises Unavailable.

        An existing tombstone stays as it is: the deletion keeps its place among the changes.
        """
        name = record_documents.name(self._firestore, user_id, record_id)
        for _ in range(_ATTEMPTS):
            document = await self._firestore.get(name, ["deletedAt"], timeout=_READ_TIMEOUT)
            if document is not None and record_documents.is_tombstone(document):
                return
            try:
                await self._firestore.commit(_tombstone(name, document), _WRITE_TIMEOUT)
            except aio.AioRpcError as error:
                if error.code() not in _CHANGED_MEANWHILE:
                    raise Unavailable from error
            else:
                return
        raise Unavailable

    async def is_deleted(self, user_id: str, record_id: str) -> bool:
        """Whether the record was deleted by its owner; raises Unavailable."""
        name = record_documents.name(self._firestore, user_id, record_id)
        document = await self._firestore.get(name, ["deletedAt"], timeout=_READ_TIMEOUT)
        return document is not None and record_documents.is_tombstone(document)


def _tombstone(name: str, replaced: Any) -> Any:  # noqa: ANN401  classes made by protobuf at run time
    """A write that fails if the document is not what was read, or if it exists and nothing was read."""
    write = _Write(update_transforms=[record_documents.server_time(field) for field in ("changedAt", "deletedAt")])
    write.update.name = name
    # In the future: with a retention, whatever it is, the tombstone stays for its lifetime and the retention.
    encode(datetime.now(UTC) + TOMBSTONE_LIFETIME, write.update.fields["retainedFrom"])
    if replaced is None:
        write.current_document.exists = False
    else:
        write.current_document.update_time.CopyFrom(replaced.update_time)
    return write
