"""Tests publishing: the fake, and the adapter with the official emulator."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from fractions import Fraction
from typing import NamedTuple
from uuid import uuid4

import pytest
from google.pubsub_v1.services.publisher import PublisherAsyncClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcAsyncIOTransport
from google.pubsub_v1.services.subscriber import SubscriberAsyncClient
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcAsyncIOTransport
from grpc import aio

from data_api.shared import ports
from dataapi.errors import Unavailable
from dataapi.interfaces import Publisher
from dataapi.trace_context import Trace
from tests.support.functions import adapters, in_memory
from tests.support.functions.adapters import Emulator
from tests.support.functions.examples import TRACE
from tests.support.functions.in_memory import Message

ATTRIBUTES = {"schemaVersion": "1", "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
TIMEOUT = 20.0  # seconds for messages to arrive on a busy machine


class Topic(NamedTuple):
    """A topic, and the messages that arrive in its subscription."""

    publisher: Publisher
    arrived: Callable[[int], Awaitable[Sequence[Message]]]  # that many, in any order


@pytest.fixture(params=["in memory", "emulator"])
async def topic(request: pytest.FixtureRequest) -> AsyncIterator[Topic]:
    if request.param == "in memory":
        yield topic_in_memory()
        return
    async with topic_at(request.getfixturevalue("pubsub")) as emulated:
        yield emulated


def topic_in_memory() -> Topic:
    publisher = in_memory.Publisher()

    async def arrived(count: int) -> Sequence[Message]:
        assert count == len(publisher.messages)
        return publisher.messages

    return Topic(publisher, arrived)


@asynccontextmanager
async def topic_at(emulator: Emulator) -> AsyncIterator[Topic]:
    name = f"topic-{uuid4().hex}"
    project = f"projects/{adapters.PROJECT}"
    subscription = f"{project}/subscriptions/{name}"
    channel = aio.insecure_channel(emulator.host, options=[("grpc.max_receive_message_length", -1)])
    async with channel, adapters.publisher_at(emulator.host, name) as publisher:
        admin = PublisherAsyncClient(transport=PublisherGrpcAsyncIOTransport(channel=channel))
        subscriber = SubscriberAsyncClient(transport=SubscriberGrpcAsyncIOTransport(channel=channel))
        await admin.create_topic(name=f"{project}/topics/{name}")
        await subscriber.create_subscription(name=subscription, topic=f"{project}/topics/{name}")

        async def arrived(count: int) -> Sequence[Message]:
            messages: list[Message] = []
            async with asyncio.timeout(TIMEOUT):
                while len(messages) < count:
                    answer = await subscriber.pull(subscription=subscription, max_messages=1_000)
                    messages += [
                        Message(received.message.data, dict(received.message.attributes))
                        for received in answer.received_messages
                    ]
            return messages

        yield Topic(publisher, arrived)


def messages(count: int, begin: str = "") -> list[bytes]:
    return [f"{begin}{number}".encode() for number in range(count)]


def rpcs(published: Sequence[tuple[int, int]]) -> Fraction:
    """How many RPCs there were, from pairs of an entry's own size and its group's. Whole if the sizes are right."""
    return sum((Fraction(own, group) for own, group in published), Fraction())


async def test_a_message_arrives_byte_for_byte_with_its_version_and_its_trace(topic: Topic) -> None:
    data = bytes(range(256))
    assert 1 == await topic.publisher.publish([data], TRACE)
    assert [Message(data, ATTRIBUTES)] == await topic.arrived(1)


async def test_requests_that_share_an_rpc_keep_their_own_traces(topic: Topic) -> None:
    traces = [Trace(f"{number:032x}", f"{number:016x}", sampled=False) for number in (1, 2)]
    await asyncio.gather(*(topic.publisher.publish([trace.trace_id.encode()], trace) for trace in traces))
    arrived = {message.data.decode(): message.attributes["traceparent"] for message in await topic.arrived(2)}
    assert {trace.trace_id: trace.traceparent() for trace in traces} == arrived


async def test_a_hundred_requests_at_once_share_few_rpcs(topic: Topic) -> None:
    sizes = await asyncio.gather(*(topic.publisher.publish([data], TRACE) for data in messages(100)))
    taken = rpcs([(1, size) for size in sizes])
    assert 1 == taken.denominator
    assert 1 <= taken <= 3
    assert sorted(messages(100)) == sorted(message.data for message in await topic.arrived(100))


async def test_a_batch_stays_together_in_one_rpc(topic: Topic) -> None:
    batches = [messages(count, f"{count} ") for count in (600, 400, 101, 1_000)]
    sizes = await asyncio.gather(*(topic.publisher.publish(batch, TRACE) for batch in batches))
    assert [1_000, 1_000, 101, 1_000] == sizes
    expected = sorted(data for batch in batches for data in batch)
    assert expected == sorted(message.data for message in await topic.arrived(len(expected)))


async def test_messages_beyond_the_limit_of_an_rpc_are_sent_in_several(topic: Topic) -> None:
    data = b"x" * 2**18  # 10 MB are 38 of these
    sizes = await asyncio.gather(*(topic.publisher.publish([data], TRACE) for _ in range(50)))
    taken = rpcs([(1, size) for size in sizes])
    assert 1 == taken.denominator
    assert 10_000_000 > max(sizes) * len(data)
    assert 50 == len(await topic.arrived(50))


async def test_the_largest_batch_is_taken_whole(topic: Topic) -> None:
    batch = [b"x" * 8_192] * 1_000
    assert 1_000 == await topic.publisher.publish(batch, TRACE)
    assert 1_000 == len(await topic.arrived(1_000))


async def test_without_a_server_publishing_is_unavailable() -> None:
    [port] = ports.free_ports(1)
    async with adapters.publisher_at(f"{ports.LOOPBACK}:{port}", "records") as publisher:
        with pytest.raises(Unavailable):
            await publisher.publish([b"data"], TRACE)


async def test_without_its_topic_publishing_is_unavailable(pubsub: Emulator) -> None:
    async with adapters.publisher_at(pubsub.host, f"topic-{uuid4().hex}") as publisher:
        with pytest.raises(Unavailable):
            await publisher.publish([b"data"], TRACE)
