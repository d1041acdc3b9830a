"""Stores records in Firestore, one document each: users/{user}/records/{id}.

Owns the queries for lists and the limits of a write.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from grpc import StatusCode, aio

from dataapi import large
from dataapi.errors import DeletedError, Unavailable, UnstorableRecord
from dataapi.gcp import record_documents
from dataapi.gcp.firestore import Firestore
from dataapi.gcp.values import TYPES, Value, encode, encoded
from dataapi.group_commit import GroupLimits, GroupRejectedError
from dataapi.interfaces import Saved
from dataapi.records.pagination import MAX_PAGE_BYTES, Page, Query
from dataapi.records.record import Record
from dataapi.telemetry.observer import Observer

# BatchWrite takes 500 writes and 10 MiB (https://firebase.google.com/docs/firestore/quotas), of its emulator 4 MiB.
WRITE_LIMITS = GroupLimits(items=500, size=4_000_000, wait=10.0)
REJECTED = "Firestore rejected the write"
_WRITE_TIMEOUT = 10.0  # seconds; the push waits for 60, and Pub/Sub delivers again
_READ_TIMEOUT = 4.0  # seconds, of an RPC and its retries together; the gateway waits for 15, a client for up to 10
_OK, _INVALID_ARGUMENT, _ALREADY_EXISTS = 0, 3, 6  # google.rpc.Code
_BatchWrite, _StructuredQuery = TYPES.BatchWriteRequest.pb(), TYPES.StructuredQuery.pb()
# What all writes have in common: a record is created, never replaced, and gets the server's time. A deleted record has
# left a document, so it is not created again.
_CREATION = TYPES.Write.pb()(
    update_transforms=[record_documents.server_time("changedAt")], current_document={"exists": False}
)
_CREATED_AT = {"field_path": "createdAt"}


class _Creation(NamedTuple):
    """The write that creates a document, as a BatchWriteRequest of its own."""

    name: str
    serialized: bytes


class RecordStore:
    """The records of all users. One for all requests, so that their writes share RPCs."""

    def __init__(self, firestore: Firestore, observer: Observer) -> None:
        self._firestore = firestore
        self._write = observer.writing(self._send, WRITE_LIMITS)
        self._get = observer.reading(firestore.get, "GetDocument")
        self._run_query = observer.reading(firestore.run_query, "RunQuery")

    async def save(self, record: Record) -> Saved:
        """Stores a record unless its id exists; raises UnstorableRecord or Unavailable."""
        try:
            name = record_documents.name(self._firestore, record.user_id, record.id)
            write = await large.call(record.size, _creation, name, record)
        except (ValueError, RecursionError) as error:  # protobuf cannot hold it, so neither can Firestore
            raise UnstorableRecord(REJECTED) from error
        try:
            codes, group_size = await self._write([write], len(write.serialized))
        except GroupRejectedError as error:
            raise UnstorableRecord(REJECTED) from error
        if codes[0] in (_OK, _ALREADY_EXISTS):
            return Saved(codes[0] == _ALREADY_EXISTS, group_size)
        raise UnstorableRecord(REJECTED) if codes[0] == _INVALID_ARGUMENT else Unavailable

    async def get(self, user_id: str, record_id: str) -> Record | None:
        """One record of a user; raises DeletedError or Unavailable."""
        name = record_documents.name(self._firestore, user_id, record_id)
        document = await self._get(name, timeout=_READ_TIMEOUT)
        if document is not None and record_documents.is_tombstone(document):
            raise DeletedError
        return None if document is None else (await record_documents.records([document], user_id))[0]

    async def list(self, user_id: str, query: Query) -> Page:
        """A page of a user's records that a query selects; raises Unavailable."""
        user = record_documents.user(self._firestore, user_id)
        result = await self._run_query(user, _structured(query, user), MAX_PAGE_BYTES, _READ_TIMEOUT)
        records = await record_documents.records(result.documents[: query.size], user_id)
        return Page(records, has_more=not result.is_complete or len(result.documents) > query.size)

    async def _send(self, writes: Sequence[_Creation]) -> Sequence[int]:
        """The status code of each write. A request that names a document twice would be rejected: one is sent."""
        first: dict[str, _Creation] = {}
        for write in writes:
            first.setdefault(write.name, write)
        try:
            response = await self._firestore.batch_write([write.serialized for write in first.values()], _WRITE_TIMEOUT)
        except aio.AioRpcError as error:
            is_rejected = error.code() is StatusCode.INVALID_ARGUMENT
            raise (GroupRejectedError() if is_rejected else Unavailable()) from error
        codes = {name: status.code for name, status in zip(first, response.status, strict=True)}
        return [_code_of(write, first[write.name], codes[write.name]) for write in writes]


def _code_of(write: _Creation, first: _Creation, code: int) -> int:
    """The status of a write, when `first` was sent for all writes of its document."""
    return _ALREADY_EXISTS if code == _OK and write is not first else code


def _creation(name: str, record: Record) -> _Creation:
    request = _BatchWrite()
    write = request.writes.add()
    write.CopyFrom(_CREATION)
    write.update.name = name
    encode(record.created_at, write.update.fields["createdAt"])
    encode(record.created_at, write.update.fields["retainedFrom"])
    encode(record.data, write.update.fields["data"])
    return _Creation(name, request.SerializeToString())


def _structured(query: Query, user: str) -> Any:  # noqa: ANN401  as above
    direction = "DESCENDING" if query.newest_first else "ASCENDING"
    bounds = [("GREATER_THAN_OR_EQUAL", query.since), ("LESS_THAN", query.until)]
    filters = [
        {"field_filter": {"field": _CREATED_AT, "op": operator, "value": encoded(bound)}}
        for operator, bound in bounds
        if bound is not None
    ]
    cursor = query.after
    start = cursor and [encoded(cursor.created_at), Value(reference_value=f"{user}/records/{cursor.id}")]
    return _StructuredQuery(
        from_=[{"collection_id": "records"}],
        where={"composite_filter": {"op": "AND", "filters": filters}} if filters else None,
        order_by=[{"field": field, "direction": direction} for field in (_CREATED_AT, {"field_path": "__name__"})],
        start_at={"values": start, "before": False} if start else None,
        limit={"value": query.size + 1},
    )
