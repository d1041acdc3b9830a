"""Publishes messages to the topic, many requests in one RPC.

Owns Pub/Sub's Publish and its limits. How requests share an RPC is `grouping`'s, the channel is `rpc`'s.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import cache

from grpc import StatusCode, aio

from dataapi.errors import Unavailable
from dataapi.gcp import rpc, settings
from dataapi.group_commit import Grouped, GroupRefused, Limits
from dataapi.records.record import SCHEMA_VERSION
from dataapi.telemetry import observer
from dataapi.trace_context import Trace

Publish = Callable[[Sequence[bytes], Trace], Awaitable[int]]
"""Publishes the messages together and returns how many the RPC carried; raises Unavailable if Pub/Sub has none."""

# A publish request takes 1,000 messages and 10 MB (https://cloud.google.com/pubsub/quotas). A message has attributes
# and framing besides its data, counted as _FRAMING.
_LIMITS = Limits(items=1_000, size=9_500_000, wait=5.0)
_FRAMING = 200
_TIMEOUT = 5.0  # seconds, of an RPC and its retries together; with the wait before it under the gateway's 15
_types = rpc.messages("google.pubsub_v1")
_Request, _Response = _types.PublishRequest.pb(), _types.PublishResponse.pb()


@cache
def channel() -> aio.Channel:
    """The channel to Pub/Sub."""
    return rpc.channel("pubsub.googleapis.com", settings.emulator(settings.PUBSUB_EMULATOR))


@cache
def publisher() -> Publish:
    """The publisher to the topic of the settings. One for all requests, so that they meet in its groups."""
    topic = f"projects/{settings.required(settings.PROJECT)}/topics/{settings.required(settings.TOPIC)}"
    metadata = rpc.routing("topic", topic)
    call = channel().unary_unary(
        "/google.pubsub.v1.Publisher/Publish", _Request.SerializeToString, _Response.FromString
    )

    async def send(messages: Sequence[tuple[bytes, str]]) -> Sequence[str]:
        request = _Request(topic=topic)
        for data, traceparent in messages:
            request.messages.add(data=data, attributes={"schemaVersion": SCHEMA_VERSION, "traceparent": traceparent})
        try:
            response = await call(request, timeout=_TIMEOUT, metadata=metadata)
        except aio.AioRpcError as fault:
            refused = fault.code() is StatusCode.INVALID_ARGUMENT
            raise (GroupRefused("Pub/Sub refuses the messages") if refused else Unavailable()) from fault
        ids: Sequence[str] = response.message_ids
        return ids

    grouped = Grouped(send, _LIMITS)

    async def publish(messages: Sequence[bytes], trace: Trace) -> int:
        traceparent = trace.traceparent()
        size = sum(map(len, messages)) + _FRAMING * len(messages)
        _, group_size = await grouped([(data, traceparent) for data in messages], size)
        return group_size

    return observer.publishing(publish, settings.required(settings.TOPIC))
