"""Keeps records in Firestore, one document each, and finds them again: users/{user}/records/{id}.

Owns Firestore's RPCs and limits, the document's form (`createdAt`, `persistedAt`, `data`) and the queries. The values
in a document are `values`'s, how writes share an RPC is `grouping`'s, the channel is `rpc`'s.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from google.protobuf.message import DecodeError
from grpc import StatusCode, aio

from dataapi.errors import Unavailable
from dataapi.gcp import rpc, settings
from dataapi.gcp.values import TYPES, Value, decoded, encode, encoded
from dataapi.group_commit import GroupRefused, Limits
from dataapi.records.pagination import Query
from dataapi.records.record import Record
from dataapi.telemetry import observer


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
_OK, _INVALID_ARGUMENT, _ALREADY_EXISTS = 0, 3, 6  # google.rpc.Code
_METHODS = "/google.firestore.v1.Firestore/"
_Write, _Document = TYPES.Write.pb(), TYPES.Document.pb()
_BatchWrite, _BatchWritten = TYPES.BatchWriteRequest.pb(), TYPES.BatchWriteResponse.pb()
_GetDocument = TYPES.GetDocumentRequest.pb()
_RunQuery, _QueryAnswer = TYPES.RunQueryRequest.pb(), TYPES.RunQueryResponse.pb()
_StructuredQuery = TYPES.StructuredQuery.pb()
# What all writes have in common: a record is created, never replaced, and gets the server's time.
_CREATION = _Write(
    update_transforms=[{"field_path": "persistedAt", "set_to_server_value": "REQUEST_TIME"}],
    current_document={"exists": False},
)
_CREATED_AT = {"field_path": "createdAt"}


@cache
def channel() -> aio.Channel:
    """The channel to Firestore."""
    return rpc.channel("firestore.googleapis.com", settings.emulator(settings.FIRESTORE_EMULATOR))


@cache
def saver() -> Save:
    """What stores records. One for all requests, so that they meet in its groups."""
    database = database_name()
    metadata = metadata_of("database", database)
    call = channel().unary_unary(_METHODS + "BatchWrite", _BatchWrite.SerializeToString, _BatchWritten.FromString)

    async def send(writes: Sequence[Any]) -> Sequence[int]:
        first: dict[str, Any] = {}  # a request that names a document twice would be refused
        for write in writes:
            first.setdefault(write.update.name, write)
        try:
            request = _BatchWrite(database=database, writes=first.values())
            response = await call(request, timeout=_WRITE_TIMEOUT, metadata=metadata)
        except DecodeError as fault:  # one is nested deeper than protobuf copies
            raise GroupRefused("Firestore refuses the writes") from fault
        except aio.AioRpcError as fault:
            refused = fault.code() is StatusCode.INVALID_ARGUMENT
            raise (GroupRefused("Firestore refuses the writes") if refused else Unavailable()) from fault
        codes = {name: status.code for name, status in zip(first, response.status, strict=True)}
        return [_code_of(write, first[write.update.name], codes[write.update.name]) for write in writes]

    grouped = observer.writing(send, _LIMITS)

    async def save(record: Record) -> Saved:
        try:
            write = _creation(f"{_user(record.user_id)}/records/{record.id}", record)
        except (ValueError, RecursionError) as fault:  # protobuf cannot hold it, let alone Firestore
            raise GroupRefused("Firestore refuses the write") from fault
        codes, group_size = await grouped([write], write.ByteSize())
        if codes[0] in (_OK, _ALREADY_EXISTS):
            return Saved(codes[0] == _ALREADY_EXISTS, group_size)
        raise GroupRefused("Firestore refuses the write") if codes[0] == _INVALID_ARGUMENT else Unavailable

    return save


@cache
def finder() -> Find:
    """What finds one record."""
    call = channel().unary_unary(_METHODS + "GetDocument", _GetDocument.SerializeToString, _Document.FromString)

    async def find(user_id: str, record_id: str) -> Record | None:
        name = f"{_user(user_id)}/records/{record_id}"
        try:
            found = await call(_GetDocument(name=name), timeout=_READ_TIMEOUT, metadata=metadata_of("name", name))
        except aio.AioRpcError as fault:
            if fault.code() is StatusCode.NOT_FOUND:
                return None
            raise Unavailable from fault
        return _record(found, user_id)

    return observer.reading(find, "GetDocument")


@cache
def lister() -> List:
    """What lists records."""
    call = channel().unary_stream(_METHODS + "RunQuery", _RunQuery.SerializeToString, _QueryAnswer.FromString)

    async def list_(user_id: str, query: Query) -> list[Record]:
        user = _user(user_id)
        request = _RunQuery(parent=user, structured_query=_structured(query, user))
        try:
            answers = call(request, timeout=_READ_TIMEOUT, metadata=metadata_of("parent", user))
            documents = [answer.document async for answer in answers]
        except aio.AioRpcError as fault:
            raise Unavailable from fault
        return [_record(document, user_id) for document in documents if document.name]

    return observer.reading(list_, "RunQuery")


@cache
def database_name() -> str:
    """The database of the settings."""
    return f"projects/{settings.required(settings.PROJECT)}/databases/{settings.required(settings.DATABASE)}"


def _user(user_id: str) -> str:
    return f"{database_name()}/documents/users/{user_id}"


def metadata_of(field: str, value: str) -> Sequence[tuple[str, str]]:
    """What Firestore finds the database by, and its emulator a caller who may do everything."""
    routing = rpc.routing(field, value)
    return routing if settings.emulator(settings.FIRESTORE_EMULATOR) is None else (*routing, rpc.EMULATORS_OWNER)


def _code_of(write: Any, first: Any, code: int) -> int:  # noqa: ANN401  classes made by protobuf at run time
    """What became of a write, when `first` was sent for all writes of its document."""
    return _ALREADY_EXISTS if code == _OK and write is not first else code


def _creation(name: str, record: Record) -> Any:  # noqa: ANN401  as above
    write = _Write()
    write.CopyFrom(_CREATION)
    write.update.name = name
    encode(record.created_at, write.update.fields["createdAt"])
    encode(record.data, write.update.fields["data"])
    return write


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
    behind = place and [encoded(place.created_at), Value(reference_value=f"{user}/records/{place.id}")]
    return _StructuredQuery(
        from_=[{"collection_id": "records"}],
        where={"composite_filter": {"op": "AND", "filters": filters}} if filters else None,
        order_by=[{"field": field, "direction": direction} for field in (_CREATED_AT, {"field_path": "__name__"})],
        start_at={"values": behind, "before": False} if behind else None,
        limit={"value": query.size + 1},
    )
