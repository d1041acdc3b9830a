"""The errors of the adapters for RPC statuses that no emulator returns; a fake server returns them."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from grpc import StatusCode

from dataapi.errors import TooLarge, Unavailable, UnstorableRecord
from dataapi.interfaces import Publisher, RecordStore, Saved
from dataapi.records.pagination import Query
from dataapi.records.record import Record
from tests.support.functions import adapters
from tests.support.functions.examples import NOON, TRACE, new_user, record_of
from tests.support.servers import google_services
from tests.support.servers.google_services import ID, Services

TEMPORARY_ERRORS = [
    StatusCode.ABORTED,
    StatusCode.INTERNAL,
    StatusCode.PERMISSION_DENIED,
    StatusCode.RESOURCE_EXHAUSTED,
]


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    services = Services()
    yield services
    assert [] == services.script  # it was played to its end


@pytest.fixture
async def host(services: Services) -> AsyncIterator[str]:
    async with google_services.running(services) as host:
        yield host


@pytest.fixture
async def store(host: str) -> AsyncIterator[RecordStore]:
    async with adapters.record_store_at(host) as connected:
        yield connected


@pytest.fixture
async def publisher(host: str) -> AsyncIterator[Publisher]:
    async with adapters.publisher_at(host, "records") as connected:
        yield connected


@pytest.mark.parametrize(("status", "duplicate"), [(StatusCode.OK, False), (StatusCode.ALREADY_EXISTS, True)])
async def test_a_write_succeeds_if_it_was_done_now_or_before(
    services: Services, store: RecordStore, status: StatusCode, *, duplicate: bool
) -> None:
    services.write_status = status
    assert Saved(duplicate, 1) == await store.save(record_of(new_user()))


@pytest.mark.parametrize("status", [StatusCode.ABORTED, StatusCode.UNAVAILABLE, StatusCode.PERMISSION_DENIED])
async def test_a_failed_write_in_a_successful_batch_is_unavailable(
    services: Services, store: RecordStore, status: StatusCode
) -> None:
    services.write_status = status
    with pytest.raises(Unavailable):
        await store.save(record_of(new_user()))


async def test_a_write_that_can_never_succeed_is_unstorable(services: Services, store: RecordStore) -> None:
    services.write_status = StatusCode.INVALID_ARGUMENT
    with pytest.raises(UnstorableRecord, match="Firestore rejected the write"):
        await store.save(record_of(new_user()))


async def test_writes_are_not_retried_because_pubsub_delivers_again(services: Services, store: RecordStore) -> None:
    services.script = [StatusCode.UNAVAILABLE]
    with pytest.raises(Unavailable):
        await store.save(record_of(new_user()))
    assert 1 == services.rpc_count


async def test_reads_are_retried_while_the_service_is_unavailable(services: Services, store: RecordStore) -> None:
    record = record_of(new_user())
    expected = Record(ID, record.user_id, NOON, {})
    services.script = [StatusCode.UNAVAILABLE]
    assert expected == await store.get(record.user_id, ID)
    services.script = [StatusCode.UNAVAILABLE]
    assert [expected] == (await store.list(record.user_id, Query())).records
    assert 4 == services.rpc_count


async def test_publishing_is_retried_while_the_service_is_unavailable(services: Services, publisher: Publisher) -> None:
    services.script = [StatusCode.UNAVAILABLE]
    assert 1 == await publisher.publish([b"data"], TRACE)
    assert 2 == services.rpc_count


@pytest.mark.parametrize("status", TEMPORARY_ERRORS)
async def test_every_other_error_is_unavailable_at_once(
    services: Services, store: RecordStore, publisher: Publisher, status: StatusCode
) -> None:
    services.script = [status] * 4
    user_id = new_user()
    for call in (store.save(record_of(user_id)), store.get(user_id, ID), store.list(user_id, Query())):
        with pytest.raises(Unavailable):
            await call
    with pytest.raises(Unavailable):
        await publisher.publish([b"data"], TRACE)
    assert 4 == services.rpc_count


async def test_a_message_that_pubsub_rejects_fails_alone(services: Services, publisher: Publisher) -> None:
    services.script = [StatusCode.INVALID_ARGUMENT] * 2
    published = await asyncio.gather(
        publisher.publish([b"bad"], TRACE), publisher.publish([b"good"], TRACE), return_exceptions=True
    )
    assert isinstance(published[0], TooLarge)
    assert 1 == published[1]
    assert 3 == services.rpc_count
