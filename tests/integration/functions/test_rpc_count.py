"""Tests how many RPCs requests share."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

import generate
import persist
from tests.support.functions import adapters
from tests.support.functions.calls import answer, identity, request
from tests.support.functions.examples import TRACE
from tests.support.records import SAMPLE
from tests.support.servers import google_services
from tests.support.servers.google_services import MIB, Services

CLIENTS = 32
ROUNDS = 10
TIMEOUT = 10.0  # seconds; it takes milliseconds
CALLER = identity({"iss": "https://accounts.google.com", "sub": "ada", "exp": 4_000_000_000, "Role": "data.write"})


@pytest.fixture
async def services() -> Services:
    return Services()


@pytest.fixture
async def host(services: Services) -> AsyncIterator[str]:
    async with google_services.running(services) as host:
        yield host


async def post() -> int:
    headers = {**CALLER, "content-type": "application/json"}
    post = request("POST", "/data", headers, json.dumps(SAMPLE).encode())
    return (await answer(generate.generate, post)).status_code


async def push() -> int:
    message = {"id": uuid4().hex, "userId": "ada@x", "createdAt": "2026-01-31T12:00:00Z", "data": SAMPLE}
    data = base64.b64encode(json.dumps(message).encode()).decode()
    body = {"subscription": "s", "message": {"messageId": "1", "data": data}}
    return (await answer(persist.persist, request("POST", "/", body=json.dumps(body).encode()))).status_code


async def test_clients_who_post_at_once_share_publish_requests(services: Services, host: str) -> None:
    async def client() -> set[int]:
        return {await post() for _ in range(ROUNDS)}

    async with adapters.composed(generate, host=host):
        assert {202} == set.union(*await asyncio.gather(*(client() for _ in range(CLIENTS))))
    assert 2 * ROUNDS + 1 >= services.rpc_count  # the first alone, then two a round: half wait, half are sent


async def test_pushes_that_come_at_once_share_writes(services: Services, host: str) -> None:
    async def subscription() -> set[int]:
        return {await push() for _ in range(ROUNDS)}

    async with adapters.composed(persist, host=host):
        assert {204} == set.union(*await asyncio.gather(*(subscription() for _ in range(CLIENTS))))
    assert 2 * ROUNDS + 1 >= services.rpc_count


async def test_a_small_request_does_not_wait_until_a_large_one_is_published(services: Services, host: str) -> None:
    services.large_publish = asyncio.Event()
    async with adapters.publisher_at(host, "records") as publisher, asyncio.timeout(TIMEOUT):
        large = asyncio.ensure_future(publisher.publish([bytes(MIB)], TRACE))
        await asyncio.sleep(0)  # so that it comes first
        assert [1, 1] == [await publisher.publish([b"small"], TRACE) for _ in range(2)]
        assert not large.done()
        services.large_publish.set()
        assert 1 == await large
