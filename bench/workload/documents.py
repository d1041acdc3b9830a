"""Writes and reads a Firestore emulator without any function: fills it, counts in it, times it.

What it times is the emulator and gRPC alone: the bytes of a request that is made once, and of answers that nobody
reads. It is what a function's own time is told apart by.
"""

import contextlib
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import grpc
from google.cloud.firestore_v1 import types
from google.protobuf.timestamp_pb2 import Timestamp

from bench.workload import messages
from data_api.stack.composition import PROJECT
from data_api.stack.runtime.function_processes import DATABASE

NAME = f"projects/{PROJECT}/databases/{DATABASE}"
METADATA = (("authorization", "Bearer owner"),)
BATCH = 200  # writes in one request, as long as records are small
BATCH_BYTES = 3_000_000  # the emulator takes 4 MiB
_SERVICE = "/google.firestore.v1.Firestore"
_OPTIONS = [("grpc.max_receive_message_length", -1)]
_Write = types.Write.pb()
_BatchWrite = types.BatchWriteRequest.pb()


@dataclass(frozen=True)
class Firestore:
    """An emulator, spoken to in bytes."""

    channel: grpc.Channel

    def fill(self, count: int, size: int = messages.RECORD_BYTES, name: str = "ada") -> None:
        """Gives a user so many records more, the last of them the newest."""
        room = min(BATCH, max(1, BATCH_BYTES // (size + 500)))
        now = datetime.now(UTC)
        for start in range(0, count, room):
            moments = [now + timedelta(microseconds=number) for number in range(start, min(start + room, count))]
            self._batch_write([_write(moment, size, name) for moment in moments])

    def count(self, user_id: str) -> int:
        """A user's records."""
        query = types.StructuredQuery.pb()(from_=[{"collection_id": "records"}])
        aggregation = {"structured_query": query, "aggregations": [{"alias": "n", "count": {}}]}
        request = types.RunAggregationQueryRequest.pb()(
            parent=f"{NAME}/documents/users/{user_id}", structured_aggregation_query=aggregation
        )
        call = self.channel.unary_stream(
            f"{_SERVICE}/RunAggregationQuery", bytes, types.RunAggregationQueryResponse.pb().FromString
        )
        [answer] = call(request.SerializeToString(), metadata=METADATA)
        return int(answer.result.aggregate_fields["n"].integer_value)

    def newest(self, limit: int, name: str = "ada") -> Callable[[], float]:
        """What asks for a user's newest records, as `present` does, and gives the milliseconds that it took."""
        orders = [{"field": {"field_path": path}, "direction": "DESCENDING"} for path in ("createdAt", "__name__")]
        query = types.StructuredQuery.pb()(
            from_=[{"collection_id": "records"}], order_by=orders, limit={"value": limit}
        )
        request = types.RunQueryRequest.pb()(parent=_user(name), structured_query=query).SerializeToString()
        call = self.channel.unary_stream(f"{_SERVICE}/RunQuery", bytes, bytes)

        def ask() -> float:
            began = time.perf_counter()
            for _ in call(request, metadata=METADATA):
                pass
            return (time.perf_counter() - began) * 1e3

        return ask

    def create(self, size: int = messages.RECORD_BYTES, name: str = "ada") -> Callable[[], float]:
        """What stores one new record, as `persist` does, and gives the milliseconds that it took."""
        call = self.channel.unary_unary(f"{_SERVICE}/BatchWrite", bytes, bytes)

        def ask() -> float:
            request = _BatchWrite(database=NAME, writes=[_write(datetime.now(UTC), size, name)]).SerializeToString()
            began = time.perf_counter()
            call(request, metadata=METADATA)
            return (time.perf_counter() - began) * 1e3

        return ask

    def _batch_write(self, writes: Sequence[object]) -> None:
        call = self.channel.unary_unary(f"{_SERVICE}/BatchWrite", bytes, types.BatchWriteResponse.pb().FromString)
        answer = call(_BatchWrite(database=NAME, writes=writes).SerializeToString(), metadata=METADATA)
        if refused := [status for status in answer.status if status.code]:
            raise RuntimeError(f"The Firestore emulator does not take {len(refused)} records: {refused[0].message}")


@contextlib.contextmanager
def connected(host: str) -> Iterator[Firestore]:
    """For the length of a block."""
    with grpc.insecure_channel(host, options=_OPTIONS) as channel:
        yield Firestore(channel)


def _user(name: str) -> str:
    return f"{NAME}/documents/users/{messages.user_id(name)}"


def _write(moment: datetime, size: int, name: str) -> object:
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    fields = {"text": {"string_value": "x" * size}}
    return _Write(
        update={
            "name": f"{_user(name)}/records/{uuid.uuid4().hex}",
            "fields": {"createdAt": {"timestamp_value": stamp}, "data": {"map_value": {"fields": fields}}},
        },
        update_transforms=[{"field_path": "persistedAt", "set_to_server_value": "REQUEST_TIME"}],
        current_document={"exists": False},
    )
