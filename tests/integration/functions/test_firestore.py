"""Tests the stores with the official emulator: documents, RPCs, and failures."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from google.cloud.firestore_v1.services.firestore import FirestoreAsyncClient
from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcAsyncIOTransport
from google.cloud.firestore_v1.types import Document
from google.protobuf.json_format import MessageToDict
from grpc import aio

from data_api.shared import ports
from dataapi.errors import Unavailable
from dataapi.interfaces import RecordStore
from dataapi.records.pagination import Query
from dataapi.records.record import Record
from tests.support.functions import adapters
from tests.support.functions.adapters import Emulator
from tests.support.functions.examples import SECOND, new_user, record_of

TIMEOUT = 5.0  # seconds that a busy machine may take for what takes fractions of one


@pytest.fixture
async def store(firestore: Emulator) -> AsyncIterator[RecordStore]:
    async with adapters.record_store_at(firestore.host) as connected:
        yield connected


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The store gives up after fractions of a second."""
    monkeypatch.setattr("dataapi.gcp.record_store._WRITE_TIMEOUT", 0.2)
    monkeypatch.setattr("dataapi.gcp.record_store._READ_TIMEOUT", 0.2)


@contextmanager
def frozen(emulator: Emulator) -> Iterator[None]:
    os.kill(emulator.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(emulator.pid, signal.SIGCONT)


async def document(emulator: Emulator, record: Record) -> dict[str, Any]:
    """The fields of the stored document, in the form of Firestore's REST interface."""
    place = f"projects/{adapters.PROJECT}/databases/{adapters.DATABASE}/documents"
    transport = FirestoreGrpcAsyncIOTransport(channel=aio.insecure_channel(emulator.host))
    try:
        stored = await FirestoreAsyncClient(transport=transport).get_document(
            {"name": f"{place}/users/{record.user_id}/records/{record.id}"},
            metadata=[("authorization", "Bearer owner")],
        )
    finally:
        await transport.close()  # type: ignore[no-untyped-call]  # google-cloud-firestore leaves it out
    fields: dict[str, Any] = MessageToDict(Document.pb(stored))["fields"]
    return fields


async def assert_all_is_unavailable(store: RecordStore, record: Record) -> None:
    async with asyncio.timeout(TIMEOUT):
        for call in (store.save(record), store.get(record.user_id, record.id), store.list(record.user_id, Query())):
            with pytest.raises(Unavailable):
                await call


async def test_a_document_has_the_record_and_the_servers_time(firestore: Emulator, store: RecordStore) -> None:
    record = record_of(new_user(), data={"informationOne": "one"})
    before = datetime.now(UTC)
    await store.save(record)
    after = datetime.now(UTC)
    fields = await document(firestore, record)
    persisted_at = datetime.fromisoformat(fields.pop("changedAt")["timestampValue"])
    assert before - SECOND < persisted_at < after + SECOND
    assert {
        "createdAt": {"timestampValue": "2026-01-31T12:00:00.123457Z"},
        "retainedFrom": {"timestampValue": "2026-01-31T12:00:00.123457Z"},
        "data": {"mapValue": {"fields": {"informationOne": {"stringValue": "one"}}}},
    } == fields


async def test_a_duplicate_leaves_the_document_and_its_time_alone(firestore: Emulator, store: RecordStore) -> None:
    record = record_of(new_user())
    await store.save(record)
    first = await document(firestore, record)
    await store.save(record)
    assert first == await document(firestore, record)


async def test_six_hundred_at_once_take_two_rpcs_of_which_none_has_more_than_500(store: RecordStore) -> None:
    records = [record_of(new_user()) for _ in range(600)]
    saved = await asyncio.gather(*map(store.save, records))
    assert Counter({500: 500, 100: 100}) == Counter(result.group_size for result in saved)
    stored = await asyncio.gather(*(store.get(record.user_id, record.id) for record in records))
    assert records == list(stored)


async def test_eleven_mebibytes_at_once_take_several_rpcs_and_are_stored(store: RecordStore) -> None:
    """The emulator takes 4 MiB in one RPC, Firestore itself 10."""
    records = [record_of(new_user(), data={"text": "x" * 2**18}) for _ in range(44)]
    saved = await asyncio.gather(*map(store.save, records))
    assert {False} == {result.duplicate for result in saved}
    assert 10 < saved[0].group_size < 44


@pytest.mark.usefixtures("impatient")
async def test_without_a_server_everything_is_unavailable() -> None:
    [port] = ports.free_ports(1)
    async with adapters.record_store_at(f"{ports.LOOPBACK}:{port}") as store:
        await assert_all_is_unavailable(store, record_of(new_user()))


@pytest.mark.usefixtures("impatient")
async def test_a_server_that_does_not_answer_is_given_up_and_used_again_when_it_does(
    firestore: Emulator, store: RecordStore
) -> None:
    known, new = record_of(new_user()), record_of(new_user())
    await store.save(known)
    with frozen(firestore):
        await assert_all_is_unavailable(store, new)
    async with asyncio.timeout(TIMEOUT):
        await saved_at_last(store, new)
    assert known == await store.get(known.user_id, known.id)
    listed = (await store.list(new.user_id, Query())).records
    assert [new] == listed  # the write that was given up may have arrived: it is stored once


async def saved_at_last(store: RecordStore, record: Record) -> None:
    while True:
        try:
            await store.save(record)
        except Unavailable:
            continue
        return
