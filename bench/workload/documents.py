"""Calls a Firestore emulator directly, without a function: fills it, counts its records, and times single RPCs.

A timed request is serialized before the time is measured, and its response is not parsed, so the time is that of the
emulator and gRPC alone. The study `growth` subtracts it from a function's time.
"""

import contextlib
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
from google.cloud.firestore_v1 import types
from google.protobuf.timestamp_pb2 import Timestamp

from bench.workload import messages
from data_api.stack.composition import PROJECT
from data_api.stack.runtime.function_processes import DATABASE

NAME = f"projects/{PROJECT}/databases/{DATABASE}"
METADATA = (("authorization", "Bearer owner"),)
MAX_BATCH = 200  # writes in one request
MAX_BATCH_BYTES = 3_000_000  # the emulator accepts 4 MiB
_SERVICE = "/google.firestore.v1.Firestore"
_OPTIONS = [("grpc.max_receive_message_length", -1)]
_Write = types.Write.pb()
_BatchWrite = types.BatchWriteRequest.pb()


@dataclass(frozen=True)
class Firestore:
    """A Firestore emulator."""

    channel: grpc.Channel

    def fill(self, count: int, size: int = messages.RECORD_BYTES, name: str = "ada") -> None:
        """Stores this number of records more for a user, the last of them the newest."""
        batch_size = min(MAX_BATCH, max(1, MAX_BATCH_BYTES // (size + 500)))
        now = datetime.now(UTC)
        for start in range(0, count, batch_size):
            times = [now + timedelta(microseconds=number) for number in range(start, min(start + batch_size, count))]
            self._batch_write([_write(created_at, size, name) for created_at in times])

    def count(self, user_id: str) -> int:
        """The number of a user's records."""
        query = types.StructuredQuery.pb()(from_=[{"collection_id": "records"}])
        aggregation = {"structured_query": query, "aggregations": [{"alias": "n", "count": {}}]}
        request = types.RunAggregationQueryRequest.pb()(
            parent=f"{NAME}/documents/users/{user_id}", structured_aggregation_query=aggregation
        )
        call = self.channel.unary_stream(
            f"{_SERVICE}/RunAggregationQuery", bytes, types.RunAggregationQueryResponse.pb().FromString
        )
        [response] = call(request.SerializeToString(), metadata=METADATA)
        return int(response.result.aggregate_fields["n"].integer_value)

    def newest_rpc(self, limit: int, name: str = "ada") -> Callable[[], float]:
        """A function that queries a user's newest records, as `present` does, and returns the RPC's milliseconds."""
        orders = [{"field": {"field_path": path}, "direction": "DESCENDING"} for path in ("createdAt", "__name__")]
        query = types.StructuredQuery.pb()(
            from_=[{"collection_id": "records"}], order_by=orders, limit={"value": limit}
        )
        request = types.RunQueryRequest.pb()(parent=_user(name), structured_query=query).SerializeToString()
        call = self.channel.unary_stream(f"{_SERVICE}/RunQuery", bytes, bytes)

        def call_rpc() -> float:
            start = time.perf_counter()
            for _ in call(request, metadata=METADATA):
                pass
            return (time.perf_counter() - start) * 1e3

        return call_rpc

    def store(self, name: str) -> str:
        """Stores one new record of a user, and returns its id."""
        write = _write(datetime.now(UTC), messages.RECORD_BYTES, name)
        self._batch_write([write])
        return str(write.update.name).rpartition("/")[2]

    def create_rpc(self, size: int = messages.RECORD_BYTES, name: str = "ada") -> Callable[[], float]:
        """A function that stores one new record, as `persist` does, and returns the RPC's milliseconds."""
        call = self.channel.unary_unary(f"{_SERVICE}/BatchWrite", bytes, bytes)

        def call_rpc() -> float:
            request = _BatchWrite(database=NAME, writes=[_write(datetime.now(UTC), size, name)]).SerializeToString()
            start = time.perf_counter()
            call(request, metadata=METADATA)
            return (time.perf_counter() - start) * 1e3

        return call_rpc

    def _batch_write(self, writes: Sequence[object]) -> None:
        call = self.channel.unary_unary(f"{_SERVICE}/BatchWrite", bytes, types.BatchWriteResponse.pb().FromString)
        response = call(_BatchWrite(database=NAME, writes=writes).SerializeToString(), metadata=METADATA)
        if rejected := [status for status in response.status if status.code]:
            raise RuntimeError(f"The Firestore emulator rejected {len(rejected)} records: {rejected[0].message}")


@contextlib.contextmanager
def connected(host: str) -> Iterator[Firestore]:
    """A connection to the emulator at this host for the duration of the `with` block."""
    with grpc.insecure_channel(host, options=_OPTIONS) as channel:
        yield Firestore(channel)


def _user(name: str) -> str:
    return f"{NAME}/documents/users/{messages.user_id(name)}"


def _write(created_at: datetime, size: int, name: str) -> Any:  # noqa: ANN401  a class made by protobuf at run time
    timestamp = Timestamp()
    timestamp.FromDatetime(created_at)
    fields = {"text": {"string_value": "x" * size}}
    return _Write(
        update={
            "name": f"{_user(name)}/records/{uuid.uuid4().hex}",
            "fields": {"createdAt": {"timestamp_value": timestamp}, "data": {"map_value": {"fields": fields}}},
        },
        update_transforms=[{"field_path": "changedAt", "set_to_server_value": "REQUEST_TIME"}],
        current_document={"exists": False},
    )
