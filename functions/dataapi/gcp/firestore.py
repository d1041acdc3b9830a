"""Calls Firestore: one database, over a channel that is opened when it is first used."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from grpc import StatusCode, aio

from dataapi.errors import Unavailable
from dataapi.gcp import rpc
from dataapi.gcp.values import TYPES

_SERVICE = "/google.firestore.v1.Firestore/"
_Document, _GetDocument = TYPES.Document.pb(), TYPES.GetDocumentRequest.pb()
_Commit, _Committed = TYPES.CommitRequest.pb(), TYPES.CommitResponse.pb()
_BatchWrite, _BatchWritten = TYPES.BatchWriteRequest.pb(), TYPES.BatchWriteResponse.pb()
_RunQuery, _QueryAnswer = TYPES.RunQueryRequest.pb(), TYPES.RunQueryResponse.pb()
_Listen, _ListenAnswer = TYPES.ListenRequest.pb(), TYPES.ListenResponse.pb()


class QueryResult(NamedTuple):
    """Documents, whether they are all that a query selects, and the time of the read."""

    documents: list[Any]
    is_complete: bool
    read_time: datetime


# The emulator gives a commit its time before others can read it: under load, a document with a later time was readable
# 8 ms before one with an earlier time. The service reads a consistent snapshot (https://firebase.google.com/docs/
# firestore/understand-reads-writes-scale).
_EMULATOR_DELAY = timedelta(seconds=0.5)


class Firestore:
    """One database. Documents, writes and queries are protobuf messages."""

    def __init__(self, project: str, database: str, emulator: str | None) -> None:
        self._emulator = emulator  # host:port, or None in the cloud
        # By how much a commit can become readable after its own time.
        self.read_delay = _EMULATOR_DELAY if emulator else timedelta(0)
        self.database = f"projects/{project}/databases/{database}"
        self.documents = f"{self.database}/documents"

    @cached_property
    def channel(self) -> aio.Channel:
        """The channel, opened at the first use."""
        return rpc.channel("firestore.googleapis.com", self._emulator)

    def metadata(self, field: str, value: str) -> Sequence[tuple[str, str]]:
        """The metadata that routes a request to the database; for the emulator also that of its owner."""
        routing = rpc.routing(field, value)
        return routing if self._emulator is None else (*routing, rpc.EMULATOR_OWNER)

    async def get(self, name: str, fields: Sequence[str] = (), *, timeout: float) -> Any:  # noqa: ANN401, ASYNC109  classes made by protobuf at run time; the RPC's own deadline
        """The document with these of its fields, or all; None if it does not exist. Raises Unavailable."""
        request = _GetDocument(name=name, mask={"field_paths": fields} if fields else None)
        try:
            return await self._get(request, timeout=timeout, metadata=self.metadata("name", name))
        except aio.AioRpcError as error:
            if error.code() is StatusCode.NOT_FOUND:
                return None
            raise Unavailable from error

    async def commit(self, write: Any, timeout: float) -> None:  # noqa: ANN401, ASYNC109  as above
        """Carries out one write; raises AioRpcError."""
        request = _Commit(database=self.database, writes=[write])
        await self._commit(request, timeout=timeout, metadata=self._database_metadata)

    async def batch_write(self, requests: Iterable[bytes], timeout: float) -> Any:  # noqa: ANN401, ASYNC109  as above
        """Carries out the writes of serialized BatchWriteRequests, independently of each other; raises AioRpcError.

        Messages that are concatenated are one with all their writes
        (https://protobuf.dev/programming-guides/encoding/#last-one-wins). To copy them into one takes 20 ms a megabyte.
        """
        head = _BatchWrite(database=self.database).SerializeToString()
        return await self._batch_write([head, *requests], timeout=timeout, metadata=self._database_metadata)

    async def run_query(
        self,
        parent: str,
        query: Any,  # noqa: ANN401  as above
        max_bytes: int,
        timeout: float,  # noqa: ASYNC109  as above
    ) -> QueryResult:
        """The documents below `parent` that a structured query selects.

        Stops before the document with which they would exceed `max_bytes`, but returns at least one. Raises
        Unavailable.
        """
        request = _RunQuery(parent=parent, structured_query=query)
        documents: list[Any] = []
        size, read_time = 0, None
        try:
            answers = self._run_query(request, timeout=timeout, metadata=self.metadata("parent", parent))
            async for answer in answers:
                # The first one: all that was committed until then is in the result.
                read_time = read_time or answer.read_time.ToDatetime(UTC)
                size += answer.document.ByteSize()
                if documents and size > max_bytes:
                    answers.cancel()
                    return QueryResult(documents, is_complete=False, read_time=read_time)
                if answer.document.name:
                    documents.append(answer.document)
        except aio.AioRpcError as error:
            raise Unavailable from error
        if read_time is None:  # Firestore answers an empty result with its time
            raise Unavailable
        return QueryResult(documents, is_complete=True, read_time=read_time)

    def listen(self, requests: AsyncIterator[Any]) -> Any:  # noqa: ANN401  as above
        """The stream of answers to the targets that the requests add and remove; reading it raises AioRpcError."""
        # Without the first of these the emulator sends the first result and no change.
        metadata = (("google-cloud-resource-prefix", self.database), *self._database_metadata)
        return self._listen(requests, metadata=metadata)

    @cached_property
    def _database_metadata(self) -> Sequence[tuple[str, str]]:
        return self.metadata("database", self.database)

    @cached_property
    def _get(self) -> Any:  # noqa: ANN401  as above
        return self.channel.unary_unary(_SERVICE + "GetDocument", _GetDocument.SerializeToString, _Document.FromString)

    @cached_property
    def _commit(self) -> Any:  # noqa: ANN401  as above
        return self.channel.unary_unary(_SERVICE + "Commit", _Commit.SerializeToString, _Committed.FromString)

    @cached_property
    def _batch_write(self) -> Any:  # noqa: ANN401  as above
        return self.channel.unary_unary(_SERVICE + "BatchWrite", b"".join, _BatchWritten.FromString)

    @cached_property
    def _run_query(self) -> Any:  # noqa: ANN401  as above
        return self.channel.unary_stream(_SERVICE + "RunQuery", _RunQuery.SerializeToString, _QueryAnswer.FromString)

    @cached_property
    def _listen(self) -> Any:  # noqa: ANN401  as above
        return self.channel.stream_stream(_SERVICE + "Listen", _Listen.SerializeToString, _ListenAnswer.FromString)
