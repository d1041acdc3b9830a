"""Answers RPCs of Firestore and Pub/Sub as a script says, and counts them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.cloud.firestore_v1 import types
from google.pubsub_v1.types import PublishRequest, PublishResponse
from grpc import StatusCode, aio

from data_api.shared import ports
from tests.support.functions.examples import NOON

ID = "a" * 32
FIELDS = {
    "createdAt": {"timestamp_value": NOON},
    "data": {"map_value": {}},
}
MIB = 2**20
Context = aio.ServicerContext[Any, Any]


@dataclass
class Services:
    """Firestore and Pub/Sub: RPCs end with the statuses of `script` in turn, and then with OK."""

    script: list[StatusCode] = field(default_factory=list)
    write_status: StatusCode = StatusCode.OK  # of every write in a batch
    rpc_count: int = 0
    large_publish: asyncio.Event | None = None  # publish requests of a MiB are answered when it is set

    async def batch_write(self, request: types.BatchWriteRequest, context: Context) -> types.BatchWriteResponse:
        await self._play(context)
        statuses = [{"code": self.write_status.value[0]} for _ in request.writes]
        return types.BatchWriteResponse(status=statuses, write_results=[{} for _ in statuses])

    async def get_document(self, request: types.GetDocumentRequest, context: Context) -> types.Document:
        await self._play(context)
        return types.Document(name=request.name, fields=FIELDS)

    async def run_query(
        self, request: types.RunQueryRequest, context: Context
    ) -> AsyncIterator[types.RunQueryResponse]:
        await self._play(context)
        yield types.RunQueryResponse(document={"name": f"{request.parent}/records/{ID}", "fields": FIELDS})
        yield types.RunQueryResponse()  # Firestore sends such, with nothing in it but the time of the reading

    async def publish(self, request: PublishRequest, context: Context) -> PublishResponse:
        await self._play(context)
        if self.large_publish and sum(len(message.data) for message in request.messages) >= MIB:
            await self.large_publish.wait()
        return PublishResponse(message_ids=["1" for _ in request.messages])

    async def _play(self, context: Context) -> None:
        self.rpc_count += 1
        if self.script:
            await context.abort(self.script.pop(0), "as the script has it")


@asynccontextmanager
async def running(services: Services) -> AsyncIterator[str]:
    """Runs a server of these services, and yields its host and port."""
    server = aio.server()
    server.add_generic_rpc_handlers(_handlers(services))
    port = server.add_insecure_port(f"{ports.LOOPBACK}:0")
    await server.start()
    try:
        yield f"{ports.LOOPBACK}:{port}"
    finally:
        await server.stop(None)


def _handlers(services: Services) -> "list[grpc.GenericRpcHandler[Any, Any]]":
    def unary(answer: Any, request: Any, response: Any) -> Any:  # noqa: ANN401  grpc's own types do not fit together
        return grpc.unary_unary_rpc_method_handler(answer, request.deserialize, response.serialize)

    firestore = {
        "BatchWrite": unary(services.batch_write, types.BatchWriteRequest, types.BatchWriteResponse),
        "GetDocument": unary(services.get_document, types.GetDocumentRequest, types.Document),
        "RunQuery": grpc.unary_stream_rpc_method_handler(
            services.run_query, types.RunQueryRequest.deserialize, types.RunQueryResponse.serialize
        ),
    }
    publisher = {"Publish": unary(services.publish, PublishRequest, PublishResponse)}
    return [
        grpc.method_handlers_generic_handler("google.firestore.v1.Firestore", firestore),
        grpc.method_handlers_generic_handler("google.pubsub.v1.Publisher", publisher),
    ]
