"""Reads a database of the Data API: its users, and the documents users/{user}/records/{id} of each.

Owns the Firestore client, the queries and the hash of a document. It uses gRPC, as the functions do, because the
emulator's REST interface decodes %2F in a user's id twice. The queries need only the index on `createdAt`.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import grpc
from google.auth.credentials import Credentials
from google.cloud.firestore_v1 import types
from google.cloud.firestore_v1.services.firestore import FirestoreClient
from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcTransport
from google.protobuf.timestamp_pb2 import Timestamp

_PAGE_OF_USERS = 300
_PAGE_OF_DOCUMENTS = 300
_NUMBER_OF_IDS = 16**32  # an id has 32 hexadecimal digits, all ids are equally probable
_Fields = types.Document.pb()  # protobuf's own class, because the wrapper classes are several times slower
_NAME = {"field_path": "__name__"}


@dataclass(frozen=True, slots=True)
class Database:
    """A database, and the client that reads it. `name` is projects/{project}/databases/{database}."""

    client: FirestoreClient
    name: str
    metadata: Sequence[tuple[str, str]] = ()

    def user(self, user: str) -> str:
        """The name of the user's document, the parent of the records."""
        return f"{self.name}/documents/users/{user}"


@dataclass(frozen=True, slots=True)
class Document:
    """A stored record."""

    id: str
    content: Any  # a class made by protobuf at run time

    @property
    def hash(self) -> str:
        """The hash of all fields with their types, independent of their order."""
        fields = _Fields(fields=self.content.fields)
        return hashlib.sha256(fields.SerializeToString(deterministic=True)).hexdigest()

    def time(self, field: str) -> datetime | None:
        """The time in a field; None if the field is missing or has no time."""
        if field not in self.content.fields or not self.content.fields[field].HasField("timestamp_value"):
            return None
        time: datetime = self.content.fields[field].timestamp_value.ToDatetime(tzinfo=UTC)
        return time


@dataclass(frozen=True, slots=True)
class Slice:
    """A range of ids: from `first`, included, to `end`, excluded."""

    first: str = ""
    end: str = ""  # empty: to the last id

    @staticmethod
    def of(share: float, position: float) -> "Slice":
        """A slice with this share of all ids, at this position from the first (0) to the last possible one (1)."""
        width = int(_NUMBER_OF_IDS * share)
        first = int((_NUMBER_OF_IDS - width) * position)
        return Slice(f"{first:032x}", f"{first + width:032x}" if first + width < _NUMBER_OF_IDS else "")


def client(credentials: Credentials) -> FirestoreClient:
    """A client of Firestore."""
    return FirestoreClient(credentials=credentials)


def client_of_emulator(host: str) -> FirestoreClient:
    """A client of the emulator at host:port."""
    return FirestoreClient(transport=FirestoreGrpcTransport(channel=grpc.insecure_channel(host)))


def users(database: Database) -> Iterator[str]:
    """The ids of all users with records. `show_missing`, because a user has records but no document of its own."""
    request = types.ListDocumentsRequest(
        parent=f"{database.name}/documents",
        collection_id="users",
        page_size=_PAGE_OF_USERS,
        mask={"field_paths": ["__name__"]},
        show_missing=True,
    )
    for document in database.client.list_documents(request, metadata=database.metadata):
        yield document.name.rpartition("/")[2]


def count(database: Database, user: str, until: datetime) -> int:
    """The number of a user's records that were created until this time."""
    timestamp = Timestamp()
    timestamp.FromDatetime(until)
    value = {"timestamp_value": timestamp}
    created = {"field": {"field_path": "createdAt"}, "op": "LESS_THAN_OR_EQUAL", "value": value}
    query = {"from_": [{"collection_id": "records"}], "where": {"field_filter": created}}
    aggregation = {"structured_query": query, "aggregations": [{"alias": "count", "count": {}}]}
    request = types.RunAggregationQueryRequest(parent=database.user(user), structured_aggregation_query=aggregation)
    [response] = database.client.run_aggregation_query(request, metadata=database.metadata)
    return int(response.result.aggregate_fields["count"].integer_value)


def records(database: Database, user: str, ids: Slice) -> Iterator[Document]:
    """A user's records with these ids in the order of their ids, read page by page."""
    parent = database.user(user)
    start = {"values": [_reference(parent, ids.first)], "before": True} if ids.first else None
    while True:
        request = types.RunQueryRequest(parent=parent, structured_query=_query(parent, start, ids.end))
        responses = database.client.run_query(request, metadata=database.metadata)
        documents = [types.Document.pb(response.document) for response in responses if response.document.name]
        for document in documents:
            yield Document(document.name.rpartition("/")[2], document)
        if len(documents) < _PAGE_OF_DOCUMENTS:
            return
        start = {"values": [{"reference_value": documents[-1].name}], "before": False}


def _query(parent: str, start: dict[str, Any] | None, end: str) -> dict[str, Any]:
    return {
        "from_": [{"collection_id": "records"}],
        "order_by": [{"field": _NAME, "direction": "ASCENDING"}],
        "limit": {"value": _PAGE_OF_DOCUMENTS},
        "start_at": start,
        "end_at": {"values": [_reference(parent, end)], "before": True} if end else None,
    }


def _reference(parent: str, record: str) -> dict[str, str]:
    return {"reference_value": f"{parent}/records/{record}"}
