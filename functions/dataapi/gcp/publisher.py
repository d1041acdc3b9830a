"""Publishes messages to the topic, many requests in one RPC."""

import asyncio
from collections.abc import Awaitable, Sequence
from functools import cached_property
from typing import Any

from grpc import StatusCode, aio

from dataapi.errors import TooLarge, Unavailable
from dataapi.gcp import rpc
from dataapi.group_commit import GroupCommit, GroupLimits, GroupRejectedError
from dataapi.records.record import SCHEMA_VERSION
from dataapi.telemetry.observer import Observer
from dataapi.trace_context import Trace

# A publish request takes 1,000 messages and 10 MB (https://cloud.google.com/pubsub/quotas). A message has attributes
# and framing besides its data, counted as FRAMING.
PUBLISH_LIMITS = GroupLimits(items=1_000, size=9_500_000, wait=5.0)
FRAMING = 200  # bytes
# Requests of more bytes share their own RPCs: no small request waits until megabytes have been sent.
LARGE = 64 * 2**10
_SMALL_LIMITS = GroupLimits(items=PUBLISH_LIMITS.items, size=2**20, wait=PUBLISH_LIMITS.wait)
_MEGABYTE = 2**20
_TIMEOUT = 5.0  # seconds, of an RPC and its retries together; with the wait before it under the gateway's 15
_types = rpc.messages("google.pubsub_v1")
_Request, _Response = _types.PublishRequest.pb(), _types.PublishResponse.pb()


class Publisher:
    """The publisher to one topic. One for all requests, so that their messages share RPCs."""

    def __init__(self, project: str, topic: str, emulator: str | None, observer: Observer) -> None:
        self._emulator = emulator  # host:port, or None in the cloud
        name = f"projects/{project}/topics/{topic}"
        self._head = _Request(topic=name).SerializeToString()
        self._metadata = rpc.routing("topic", name)
        self._small = GroupCommit(self._send, _SMALL_LIMITS)
        self._large = GroupCommit(self._send, PUBLISH_LIMITS)
        self._publish = observer.publishing(self._submit, topic)

    @cached_property
    def channel(self) -> aio.Channel:
        """The channel to Pub/Sub, opened at the first use."""
        return rpc.channel("pubsub.googleapis.com", self._emulator)

    def publish(self, messages: Sequence[bytes], trace: Trace) -> Awaitable[int]:
        """Publishes the messages in one RPC and returns how many messages it carried.

        Raises Unavailable, or TooLarge if Pub/Sub rejects these messages.
        """
        return self._publish(messages, trace)

    async def _submit(self, messages: Sequence[bytes], trace: Trace) -> int:
        traceparent = trace.traceparent()
        size = sum(map(len, messages)) + FRAMING * len(messages)
        group_commit = self._small if size <= LARGE else self._large
        try:
            _, group_size = await group_commit.submit(await _serialized(messages, traceparent), size)
        except GroupRejectedError as error:
            raise TooLarge("Pub/Sub does not accept these records. Send fewer or smaller records at once.") from error
        return group_size

    async def _send(self, requests: Sequence[bytes]) -> Sequence[str]:
        try:
            response = await self._call([self._head, *requests], timeout=_TIMEOUT, metadata=self._metadata)
        except aio.AioRpcError as error:
            is_rejected = error.code() is StatusCode.INVALID_ARGUMENT
            raise (GroupRejectedError("Pub/Sub rejected the messages") if is_rejected else Unavailable()) from error
        ids: Sequence[str] = response.message_ids
        return ids

    @cached_property
    def _call(self) -> Any:  # noqa: ANN401  classes made by protobuf at run time
        return self.channel.unary_unary("/google.pubsub.v1.Publisher/Publish", b"".join, _Response.FromString)


async def _serialized(messages: Sequence[bytes], traceparent: str) -> Sequence[bytes]:
    """A publish request of each message; other requests may go on after each megabyte.

    Concatenated, they are one request with all messages: https://protobuf.dev/programming-guides/encoding/#last-one-wins.
    """
    requests, size = [], 0
    for data in messages:
        request = _Request()
        request.messages.add(data=data, attributes={"schemaVersion": SCHEMA_VERSION, "traceparent": traceparent})
        requests.append(request.SerializeToString())
        size += len(data)
        if size > _MEGABYTE:
            await asyncio.sleep(0)
            size = 0
    return requests
