"""Publishes messages to the topic, many requests in one RPC.

Owns the client of Pub/Sub. It is the generated one: `google.cloud.pubsub_v1`'s own batching holds messages back for
a time and works in threads. How requests share an RPC here is `grouping`'s.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from typing import Any

from google.api_core.exceptions import GoogleAPIError, InvalidArgument, ServiceUnavailable
from google.api_core.retry import AsyncRetry, if_exception_type
from google.pubsub_v1.services.publisher import PublisherAsyncClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcAsyncIOTransport
from google.pubsub_v1.types import PublishRequest, PubsubMessage
from grpc import aio

from dataapi.errors import Unavailable
from dataapi.gcp import settings
from dataapi.grouping import Grouped, GroupRefused, Limits
from dataapi.record import SCHEMA_VERSION
from dataapi.trace import Trace

Publish = Callable[[Sequence[bytes], Trace], Awaitable[int]]
"""Publishes the messages together and returns how many the RPC carried; raises Unavailable if Pub/Sub has none."""

# A publish request takes 1,000 messages and 10 MB (https://cloud.google.com/pubsub/quotas). A message has attributes
# and framing besides its data, counted as _FRAMING.
_LIMITS = Limits(items=1_000, size=9_500_000, wait=5.0)
_FRAMING = 200
_TIMEOUT = 5.0  # seconds, of an RPC and its retries together; with the wait before it under the gateway's 15
_RETRY = AsyncRetry(if_exception_type(ServiceUnavailable), initial=0.1, maximum=1.0, timeout=_TIMEOUT)
_Message = PubsubMessage.pb()
_Request = PublishRequest.pb()


@cache
def publisher() -> Publish:
    """The publisher to the topic of the settings. One for all requests, so that they meet in its groups."""
    client = _client()
    topic = client.topic_path(settings.required(settings.PROJECT), settings.required(settings.TOPIC))

    async def send(messages: Sequence[Any]) -> Sequence[str]:
        request = PublishRequest.wrap(_Request(topic=topic, messages=messages))
        try:
            response = await client.publish(request, retry=_RETRY, timeout=_TIMEOUT)
        except InvalidArgument as fault:
            raise GroupRefused("Pub/Sub refuses the messages") from fault
        except GoogleAPIError as fault:
            raise Unavailable from fault
        return response.message_ids

    grouped = Grouped(send, _LIMITS)

    async def publish(messages: Sequence[bytes], trace: Trace) -> int:
        attributes = {"schemaVersion": SCHEMA_VERSION, "traceparent": trace.traceparent()}
        size = sum(map(len, messages)) + _FRAMING * len(messages)
        _, group_size = await grouped([_Message(data=data, attributes=attributes) for data in messages], size)
        return group_size

    return publish


def _client() -> PublisherAsyncClient:
    emulator = settings.emulator(settings.PUBSUB_EMULATOR)
    if emulator is None:
        return PublisherAsyncClient()
    return PublisherAsyncClient(transport=PublisherGrpcAsyncIOTransport(channel=aio.insecure_channel(emulator)))
