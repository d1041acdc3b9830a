"""Reads a database of the data API: its users, and the documents users/{user}/records/{id} of each.

Owns the client of Firestore, the queries and the hash of a document. It speaks gRPC, as the functions do: in an address
of the REST interface the emulator decodes a user's %2F twice. Needs no index but the one on `createdAt`.
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

_USERS_AT_ONCE = 300
_DOCUMENTS_AT_ONCE = 300
_IDS = 16**32  # an id is 32 hexadecimal digits, all equally likely
_Fields = types.Document.pb()  # of protobuf itself: the wrappers around it cost several times as much
_NAME = {"field_path": "__name__"}


@dataclass(frozen=True, slots=True)
class Database:
    """A database, and who reads it. `name` is projects/{project}/databases/{database}."""

    client: FirestoreClient
    name: str
    metadata: Sequence[tuple[str, str]] = ()

    def user(self, user: str) -> str:
        """Under which the records are."""
        return f"{self.name}/documents/users/{user}"


@dataclass(frozen=True, slots=True)
class Document:
    """A record as it is stored."""

    id: str
    content: Any  # made by protobuf at run time

    @property
    def hash(self) -> str:
        """Of all its fields, whatever order they come in, with their types and times."""
        fields = _Fields(fields=self.content.fields)
        return hashlib.sha256(fields.SerializeToString(deterministic=True)).hexdigest()

    def moment(self, field: str) -> datetime | None:
        """The time that a field holds; None where it holds none."""
        if field not in self.content.fields or not self.content.fields[field].HasField("timestamp_value"):
            return None
        moment: datetime = self.content.fields[field].timestamp_value.ToDatetime(tzinfo=UTC)
        return moment


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of the ids: from one, included, to another, excluded."""

    first: str = ""
    end: str = ""  # nothing: to the last

    @staticmethod
    def of(share: float, target: float) -> "Slice":
        """As much of the ids as `share` says, beginning at `place` of what room that leaves; both from 0 to 1."""
        width = int(_IDS * share)
        first = int((_IDS - width) * target)
        return Slice(f"{first:032x}", f"{first + width:032x}" if first + width < _IDS else "")


def client(credentials: Credentials) -> FirestoreClient:
    """Firestore itself."""
    return FirestoreClient(credentials=credentials)


def client_of_emulator(host: str) -> FirestoreClient:
    """The emulator at host:port."""
    return FirestoreClient(transport=FirestoreGrpcTransport(channel=grpc.insecure_channel(host)))


def users(database: Database) -> Iterator[str]:
    """Everybody who has a record. Nothing is stored of a user but records, hence `show_missing`."""
    request = types.ListDocumentsRequest(
        parent=f"{database.name}/documents",
        collection_id="users",
        page_size=_USERS_AT_ONCE,
        mask={"field_paths": ["__name__"]},
        show_missing=True,
    )
    for list_document in database.client.list_documents(request, metadata=database.metadata):
        yield list_document.name.rpartition("/")[2]


def count(database: Database, user: str, until: datetime) -> int:
    """How many records of a user were created until then."""
    moment = Timestamp()
    moment.FromDatetime(until)
    created = {"field": {"field_path": "createdAt"}, "op": "LESS_THAN_OR_EQUAL", "value": {"timestamp_value": moment}}
    query = {"from_": [{"collection_id": "records"}], "where": {"field_filter": created}}
    aggregation = {"structured_query": query, "aggregations": [{"alias": "count", "count": {}}]}
    request = types.RunAggregationQueryRequest(parent=database.user(user), structured_aggregation_query=aggregation)
    [answer] = database.client.run_aggregation_query(request, metadata=database.metadata)
    return int(answer.result.aggregate_fields["count"].integer_value)


def records(database: Database, user: str, part: Slice) -> Iterator[Document]:
    """A user's records in the order of their ids, read page by page."""
    parent = database.user(user)
    start = {"values": [_reference(parent, part.first)], "before": True} if part.first else None
    while True:
        request = types.RunQueryRequest(parent=parent, structured_query=_query(parent, start, part.end))
        answers = database.client.run_query(request, metadata=database.metadata)
        documents = [types.Document.pb(answer.document) for answer in answers if answer.document.name]
        for document in documents:
            yield Document(document.name.rpartition("/")[2], document)
        if len(documents) < _DOCUMENTS_AT_ONCE:
            return
        start = {"values": [{"reference_value": documents[-1].name}], "before": False}


def _query(parent: str, start: dict[str, Any] | None, end: str) -> dict[str, Any]:
    return {
        "from_": [{"collection_id": "records"}],
        "order_by": [{"field": _NAME, "direction": "ASCENDING"}],
        "limit": {"value": _DOCUMENTS_AT_ONCE},
        "start_at": start,
        "end_at": {"values": [_reference(parent, end)], "before": True} if end else None,
    }


def _reference(parent: str, record: str) -> dict[str, str]:
    return {"reference_value": f"{parent}/records/{record}"}
