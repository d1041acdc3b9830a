"""Keeps records in Firestore, one document each, and finds them again: users/{user}/records/{id}.

Owns the client of Firestore, the document's form (`createdAt`, `persistedAt`, `data`) and the queries. The values in
a document are `values`'s, how requests share an RPC is `grouping`'s.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from google.api_core.exceptions import GoogleAPIError, InvalidArgument, NotFound, ServiceUnavailable
from google.api_core.retry import AsyncRetry, if_exception_type
from google.cloud.firestore_v1 import types
from google.cloud.firestore_v1.services.firestore import FirestoreAsyncClient
from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcAsyncIOTransport
from google.protobuf.message import DecodeError
from grpc import aio

from dataapi.errors import Unavailable
from dataapi.gcp import settings
from dataapi.gcp.values import decoded, encoded
from dataapi.grouping import Grouped, GroupRefused, Limits
from dataapi.page import Query
from dataapi.record import Record


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a record: stored now, or (a duplicate) before; and how many writes the RPC carried."""

    duplicate: bool
    group_size: int


Save = Callable[[Record], Awaitable[Saved]]
"""Stores a record unless it stands there; raises Unavailable, or GroupRefused for what can never be stored."""
Find = Callable[[str, str], Awaitable[Record | None]]
"""The record of a user and an id; raises Unavailable."""
List = Callable[[str, Query], Awaitable[list[Record]]]
"""The records of a user that a query asks for, and one more if there are more; raises Unavailable."""

# BatchWrite takes 500 writes and 10 MiB (https://firebase.google.com/docs/firestore/quotas), of its emulator 4 MiB.
_LIMITS = Limits(items=500, size=4_000_000, wait=10.0)
_WRITE_TIMEOUT = 10.0  # seconds; the push waits for 60, and Pub/Sub tries again
_READ_TIMEOUT = 4.0  # seconds, of an RPC and its retries together; the gateway waits for 15, a client for up to 10
_READ_RETRY = AsyncRetry(if_exception_type(ServiceUnavailable), initial=0.1, maximum=1.0, timeout=_READ_TIMEOUT)
_OK, _INVALID_ARGUMENT, _ALREADY_EXISTS = 0, 3, 6  # google.rpc.Code
_Write = types.Write.pb()
_BatchWrite = types.BatchWriteRequest.pb()
_StructuredQuery = types.StructuredQuery.pb()
_Value = types.Value.pb()
_CREATED_AT = {"field_path": "createdAt"}


@dataclass(frozen=True, slots=True)
class _Firestore:
    client: FirestoreAsyncClient
    database: str
    metadata: Sequence[tuple[str, str]]

    def document(self, user_id: str, record_id: str) -> str:
        return f"{self.user(user_id)}/records/{record_id}"

    def user(self, user_id: str) -> str:
        return f"{self.database}/documents/users/{user_id}"


@cache
def _firestore() -> _Firestore:
    project, database = settings.required(settings.PROJECT), settings.required(settings.DATABASE)
    name = f"projects/{project}/databases/{database}"
    emulator = settings.emulator(settings.FIRESTORE_EMULATOR)
    if emulator is None:
        return _Firestore(FirestoreAsyncClient(), name, ())
    transport = FirestoreGrpcAsyncIOTransport(channel=aio.insecure_channel(emulator))
    return _Firestore(FirestoreAsyncClient(transport=transport), name, (("authorization", "Bearer owner"),))


@cache
def saver() -> Save:
    """What stores records. One for all requests, so that they meet in its groups."""
    firestore = _firestore()

    async def send(writes: Sequence[Any]) -> Sequence[int]:
        first: dict[str, Any] = {}  # a request that names a document twice would be refused
        for write in writes:
            first.setdefault(write.update.name, write)
        request = _BatchWrite(database=firestore.database, writes=first.values())
        try:
            response = await firestore.client.batch_write(
                types.BatchWriteRequest.wrap(request),
                retry=None,
                timeout=_WRITE_TIMEOUT,
                metadata=firestore.metadata,
            )
        except InvalidArgument as fault:
            raise GroupRefused("Firestore refuses the writes") from fault
        except GoogleAPIError as fault:
            raise Unavailable from fault
        codes = {name: status.code for name, status in zip(first, response.status, strict=True)}
        return [_code_of(write, first[write.update.name], codes[write.update.name]) for write in writes]

    grouped = Grouped(send, _LIMITS)

    async def save(record: Record) -> Saved:
        try:
            write = _creation(firestore.document(record.user_id, record.id), record)
        except (ValueError, DecodeError, RecursionError) as fault:  # protobuf cannot hold it, let alone Firestore
            raise GroupRefused("Firestore refuses the write") from fault
        codes, group_size = await grouped([write], write.ByteSize())
        if codes[0] in (_OK, _ALREADY_EXISTS):
            return Saved(codes[0] == _ALREADY_EXISTS, group_size)
        raise GroupRefused("Firestore refuses the write") if codes[0] == _INVALID_ARGUMENT else Unavailable

    return save


@cache
def finder() -> Find:
    """What finds one record."""
    firestore = _firestore()

    async def find(user_id: str, record_id: str) -> Record | None:
        request = types.GetDocumentRequest(name=firestore.document(user_id, record_id))
        try:
            document = await firestore.client.get_document(
                request, retry=_READ_RETRY, timeout=_READ_TIMEOUT, metadata=firestore.metadata
            )
        except NotFound:
            return None
        except GoogleAPIError as fault:
            raise Unavailable from fault
        return _record(types.Document.pb(document), user_id)

    return find


@cache
def lister() -> List:
    """What lists records."""
    firestore = _firestore()

    async def list_(user_id: str, query: Query) -> list[Record]:
        request = types.RunQueryRequest.wrap(
            types.RunQueryRequest.pb()(
                parent=firestore.user(user_id), structured_query=_structured(query, firestore.user(user_id))
            )
        )
        try:
            answers = await firestore.client.run_query(
                request, retry=_READ_RETRY, timeout=_READ_TIMEOUT, metadata=firestore.metadata
            )
            documents = [types.RunQueryResponse.pb(answer).document async for answer in answers]
        except GoogleAPIError as fault:
            raise Unavailable from fault
        return [_record(document, user_id) for document in documents if document.name]

    return list_


def _code_of(write: Any, first: Any, code: int) -> int:  # noqa: ANN401  classes made by protobuf at run time
    """What became of a write, when `first` was sent for all writes of its document."""
    return _ALREADY_EXISTS if code == _OK and write is not first else code


def _creation(name: str, record: Record) -> Any:  # noqa: ANN401  as above
    fields = {"createdAt": encoded(record.created_at), "data": encoded(record.data)}
    return _Write(
        update={"name": name, "fields": fields},
        update_transforms=[{"field_path": "persistedAt", "set_to_server_value": "REQUEST_TIME"}],
        current_document={"exists": False},
    )


def _record(document: Any, user_id: str) -> Record:  # noqa: ANN401  as above
    fields = document.fields
    record_id = document.name.rpartition("/")[2]
    return Record(record_id, user_id, decoded(fields["createdAt"]), decoded(fields["data"]))


def _structured(query: Query, user: str) -> Any:  # noqa: ANN401  as above
    direction = "DESCENDING" if query.newest_first else "ASCENDING"
    bounds = [("GREATER_THAN_OR_EQUAL", query.since), ("LESS_THAN", query.until)]
    filters = [
        {"field_filter": {"field": _CREATED_AT, "op": operator, "value": encoded(bound)}}
        for operator, bound in bounds
        if bound is not None
    ]
    place = query.after
    behind = place and [encoded(place.created_at), _Value(reference_value=f"{user}/records/{place.id}")]
    return _StructuredQuery(
        from_=[{"collection_id": "records"}],
        where={"composite_filter": {"op": "AND", "filters": filters}} if filters else None,
        order_by=[{"field": field, "direction": direction} for field in (_CREATED_AT, {"field_path": "__name__"})],
        start_at={"values": behind, "before": False} if behind else None,
        limit={"value": query.size + 1},
    )
