"""Compares the RPCs of the adapters with those of the official clients."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud.firestore_v1 import types
from google.cloud.firestore_v1.services.firestore import FirestoreAsyncClient
from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcAsyncIOTransport
from google.pubsub_v1.services.publisher import PublisherAsyncClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcAsyncIOTransport
from google.pubsub_v1.types import PublishRequest, PublishResponse, PubsubMessage
from grpc import aio

from data_api.shared import ports
from dataapi.gcp.firestore import Firestore
from dataapi.gcp.publisher import Publisher
from dataapi.messages import dead_letter
from dataapi.records.pagination import Query
from dataapi.records.record import Record
from dataapi.telemetry.observer import Observer
from tests.support.functions import adapters
from tests.support.functions.examples import NOON, TRACE

ANYBODY = AnonymousCredentials()  # type: ignore[no-untyped-call]  # google-auth leaves it out
USER, ID = "ada lovelace@accounts.google.com", "0f" * 16
DATABASE = f"projects/{adapters.PROJECT}/databases/{adapters.DATABASE}"
PARENT = f"{DATABASE}/documents/users/{USER}"
NAME = f"{PARENT}/records/{ID}"
CREATED_AT = {"timestamp_value": NOON}
LETTER = {"reason": {"string_value": "a reason"}, "replayedAt": {"null_value": 0}}
ANSWERS: dict[str, bytes] = {
    "/google.firestore.v1.Firestore/BatchWrite": types.BatchWriteResponse.serialize({"status": [{}]}),
    "/google.firestore.v1.Firestore/Commit": types.CommitResponse.serialize({"write_results": [{}]}),
    "/google.firestore.v1.Firestore/GetDocument": types.Document.serialize(
        {"name": NAME, "fields": {"createdAt": CREATED_AT, "data": {"map_value": {}}, **LETTER}}
    ),
    "/google.firestore.v1.Firestore/RunQuery": types.RunQueryResponse.serialize({}),
    "/google.pubsub.v1.Publisher/Publish": PublishResponse.serialize({"message_ids": ["1"]}),
}


class Notebook(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # generic in grpc-stubs alone
    """Answers each method, and records its name, routing metadata and request."""

    def __init__(self) -> None:
        self.host = ""  # and port
        self.calls: list[tuple[str, str, bytes]] = []

    def service(self, details: grpc.HandlerCallDetails) -> Any:  # noqa: ANN401  grpc's own types do not fit together
        async def answer(request: bytes, context: aio.ServicerContext[Any, Any]) -> bytes:
            metadata = {name: str(value) for name, value in context.invocation_metadata() or ()}
            self.calls.append((details.method, metadata["x-goog-request-params"], request))
            return ANSWERS[details.method]

        async def stream(request: bytes, context: aio.ServicerContext[Any, Any]) -> AsyncIterator[bytes]:
            yield await answer(request, context)

        if details.method.endswith("RunQuery"):
            return grpc.unary_stream_rpc_method_handler(stream)
        return grpc.unary_unary_rpc_method_handler(answer)

    def both(self, request: Any) -> tuple[tuple[str, str, Any], tuple[str, str, Any]]:  # noqa: ANN401  proto-plus's class
        """The two recorded calls, with parsed requests."""
        first, second = ((method, params, request.deserialize(raw)) for method, params, raw in self.calls)
        return first, second


@pytest.fixture
async def notebook() -> AsyncIterator[Notebook]:
    notebook = Notebook()
    server = aio.server()
    server.add_generic_rpc_handlers([notebook])
    notebook.host = f"{ports.LOOPBACK}:{server.add_insecure_port(f'{ports.LOOPBACK}:0')}"
    await server.start()
    try:
        yield notebook
    finally:
        await server.stop(None)


@pytest.fixture
async def official_firestore(notebook: Notebook) -> AsyncIterator[FirestoreAsyncClient]:
    async with aio.insecure_channel(notebook.host) as channel:
        yield FirestoreAsyncClient(transport=FirestoreGrpcAsyncIOTransport(channel=channel))


async def test_a_message_is_published_as_the_official_client_does(notebook: Notebook) -> None:
    topic_name = f"projects/{adapters.PROJECT}/topics/records"
    attributes = {"schemaVersion": "1", "traceparent": TRACE.traceparent()}
    async with aio.insecure_channel(notebook.host) as channel:
        official = PublisherAsyncClient(transport=PublisherGrpcAsyncIOTransport(channel=channel))
        message = PubsubMessage(data=b"data", attributes=attributes)
        await official.publish(topic=topic_name, messages=[message])
    async with adapters.publisher_at(notebook.host, "records") as ours:
        await ours.publish([b"data"], TRACE)
    expected, sent = notebook.both(PublishRequest)
    assert expected == sent


async def test_a_record_is_written_as_the_official_client_does(
    notebook: Notebook, official_firestore: FirestoreAsyncClient
) -> None:
    write = {
        "update": {
            "name": NAME,
            "fields": {
                "createdAt": CREATED_AT,
                "retainedFrom": CREATED_AT,
                "data": {"map_value": {"fields": {"a": {"integer_value": 1}}}},
            },
        },
        "update_transforms": [{"field_path": "changedAt", "set_to_server_value": "REQUEST_TIME"}],
        "current_document": {"exists": False},
    }
    await official_firestore.batch_write(types.BatchWriteRequest(database=DATABASE, writes=[write]))
    async with adapters.record_store_at(notebook.host) as ours:
        await ours.save(Record(ID, USER, NOON, {"a": 1}))
    expected, sent = notebook.both(types.BatchWriteRequest)
    assert expected == sent


async def test_a_record_is_read_as_the_official_client_does(
    notebook: Notebook, official_firestore: FirestoreAsyncClient
) -> None:
    await official_firestore.get_document(types.GetDocumentRequest(name=NAME))
    async with adapters.record_store_at(notebook.host) as ours:
        await ours.get(USER, ID)
    expected, sent = notebook.both(types.GetDocumentRequest)
    assert expected == sent


async def test_a_rejection_is_written_as_the_official_client_does(
    notebook: Notebook, official_firestore: FirestoreAsyncClient
) -> None:
    name = f"{DATABASE}/documents/rejections/{ID}"
    async with adapters.dead_letter_store_at(notebook.host) as ours:
        await ours.note_rejection(ID, "a reason")
    noted = types.CommitRequest.deserialize(notebook.calls[0][2]).writes[0].update.fields["at"].timestamp_value
    fields = {"reason": {"string_value": "a reason"}, "at": {"timestamp_value": noted}}
    write = {"update": {"name": name, "fields": fields}, "current_document": {"exists": False}}
    await official_firestore.commit(types.CommitRequest(database=DATABASE, writes=[write]))
    sent, expected = notebook.both(types.CommitRequest)
    assert expected == sent


async def test_a_dead_letter_is_read_as_the_official_client_does(
    notebook: Notebook, official_firestore: FirestoreAsyncClient
) -> None:
    name = f"{DATABASE}/documents/deadLetters/{dead_letter.id_of_record(USER, ID)}"
    fields = {"name": name, "mask": {"field_paths": ["reason", "replayedAt"]}}
    await official_firestore.get_document(types.GetDocumentRequest(fields))
    async with adapters.dead_letter_store_at(notebook.host) as ours:
        await ours.reason_for(USER, ID)
    expected, sent = notebook.both(types.GetDocumentRequest)
    assert expected == sent


async def test_records_are_listed_as_the_official_client_does(
    notebook: Notebook, official_firestore: FirestoreAsyncClient
) -> None:
    query = {
        "from_": [{"collection_id": "records"}],
        "order_by": [
            {"field": {"field_path": "createdAt"}, "direction": "DESCENDING"},
            {"field": {"field_path": "__name__"}, "direction": "DESCENDING"},
        ],
        "limit": 51,
    }
    request = types.RunQueryRequest(parent=PARENT, structured_query=query)
    assert [types.RunQueryResponse()] == [value async for value in await official_firestore.run_query(request)]
    async with adapters.record_store_at(notebook.host) as ours:
        await ours.list(USER, Query())
    expected, sent = notebook.both(types.RunQueryRequest)
    assert expected == sent


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hosts to which channels are opened, in the environment of a deployed function."""
    hosts: list[str] = []

    def secure_channel(host: str, _credentials: grpc.ChannelCredentials, **_: object) -> aio.Channel:
        hosts.append(host)
        return aio.insecure_channel("127.0.0.1:1")

    monkeypatch.setattr("google.auth.default", lambda *_, **__: (ANYBODY, "a-project"))
    monkeypatch.setattr("grpc.aio.secure_channel", secure_channel)
    return hosts


async def test_without_an_emulator_the_channels_are_encrypted_and_lead_to_google(dialled: list[str]) -> None:
    publisher = Publisher(adapters.PROJECT, "records", None, Observer())
    for channel in (Firestore(adapters.PROJECT, adapters.DATABASE, None).channel, publisher.channel):
        await channel.close(None)
    assert ["firestore.googleapis.com:443", "pubsub.googleapis.com:443"] == dialled


def test_without_an_emulator_no_emulators_credential_is_sent_and_no_channel_is_opened(dialled: list[str]) -> None:
    firestore = Firestore(adapters.PROJECT, adapters.DATABASE, None)
    Publisher(adapters.PROJECT, "records", None, Observer())
    assert "authorization" not in dict(firestore.metadata("name", NAME))
    assert [] == dialled
