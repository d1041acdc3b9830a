"""Tests how dead letters are stored and found: the fake, and the adapter with the official emulator."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from data_api.shared import ports
from dataapi.errors import Unavailable
from dataapi.interfaces import DeadLetterStore
from dataapi.messages import dead_letter
from dataapi.messages.dead_letter import DeadLetter, Failure
from dataapi.records import record
from tests.support.functions import adapters, in_memory
from tests.support.functions.adapters import DATABASE, PROJECT, Emulator
from tests.support.functions.examples import NOON, SECOND, new_user

OWNER = {"authorization": "Bearer owner"}
TYPICAL = {"schemaVersion": "1", "CloudPubSubDeadLetterSourceSubscription": "persist"}


@pytest.fixture(params=["in memory", "emulator"])
async def letters(request: pytest.FixtureRequest) -> AsyncIterator[DeadLetterStore]:
    if request.param == "in memory":
        yield in_memory.DeadLetterStore()
        return
    async with adapters.dead_letter_store_at(request.getfixturevalue("firestore").host) as connected:
        yield connected


def letter_of(
    user_id: str, record_id: str, failure: Failure, data: bytes = b"{}", attributes: dict[str, str] = TYPICAL
) -> DeadLetter:
    message = record.message(record.receipt(record_id, NOON), user_id, data)
    id_ = dead_letter.id_of_record(user_id, record_id)
    return DeadLetter(id_, message, attributes, "persist", user_id, record_id, failure)


def failure(number: int = 0, reason: str = "a reason") -> Failure:
    return Failure(f"{number}", NOON + number * SECOND, 20, reason)


async def test_the_reason_of_a_dead_letter_is_found_by_user_and_record_id(letters: DeadLetterStore) -> None:
    user_id, record_id = new_user(), uuid4().hex
    letter = letter_of(user_id, record_id, failure())
    assert letter.id == await letters.save(letter)
    assert "a reason" == await letters.reason_for(user_id, record_id)
    assert await letters.reason_for(new_user(), record_id) is None
    assert await letters.reason_for(user_id, uuid4().hex) is None


async def test_the_reason_is_that_of_the_latest_failure_whatever_order_they_come_in(
    letters: DeadLetterStore,
) -> None:
    user_id, record_id = new_user(), uuid4().hex
    for reported in (failure(1, "first"), failure(3, "last"), failure(2, "between"), failure(3, "delivered twice")):
        await letters.save(letter_of(user_id, record_id, reported))
    assert "last" == await letters.reason_for(user_id, record_id)


async def test_another_message_of_the_same_record_gets_an_id_of_its_own(letters: DeadLetterStore) -> None:
    first = letter_of(new_user(), uuid4().hex, failure(1, "first"))
    other = replace(first, data=b"another", failure=failure(2, "other"))
    ids = [await letters.save(letter) for letter in (first, other, other, first)]
    assert [first.id, other.own_id, other.own_id, first.id] == ids
    assert "first" == await letters.reason_for(first.user_id, first.record_id)


async def test_all_dead_letters_of_a_record_are_removed_and_no_other(letters: DeadLetterStore) -> None:
    first = letter_of(new_user(), uuid4().hex, failure(1, "first"))
    other = replace(first, data=b"another", failure=failure(2, "other"))
    neighbours = letter_of(new_user(), first.record_id, failure()), letter_of(first.user_id, uuid4().hex, failure())
    for letter in (first, other, *neighbours):
        await letters.save(letter)
    for _ in range(2):
        await letters.remove(first.user_id, first.record_id)
    assert await letters.reason_for(first.user_id, first.record_id) is None
    for letter in neighbours:
        assert "a reason" == await letters.reason_for(letter.user_id, letter.record_id)
    assert first.id == await letters.save(other)  # nothing has its id


async def test_a_dead_letter_delivered_many_times_at_once_is_stored_once_with_every_failure(
    letters: DeadLetterStore,
) -> None:
    user_id, record_id = new_user(), uuid4().hex
    deliveries = [letter_of(user_id, record_id, failure(number)) for number in (1, 1, 1, 1)]
    results = await asyncio.gather(*map(letters.save, deliveries), return_exceptions=True)
    assert set(results) - {deliveries[0].id} <= {result for result in results if isinstance(result, Unavailable)}
    assert deliveries[0].id == await letters.save(deliveries[0])  # what failed is delivered again


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"__x__": "reserved", "": "empty", "a.b/`~": "\N{GRINNING FACE}\0"},
        {f"{n}" * 256: "x" * 1_024 for n in range(9)},
    ],
    ids=["none", "names that no document's field may have", "long ones"],
)
async def test_a_dead_letter_is_stored_whatever_attributes_it_has(
    letters: DeadLetterStore, attributes: dict[str, str]
) -> None:
    letter = letter_of(new_user(), uuid4().hex, failure(), attributes=attributes)
    await letters.save(letter)
    assert "a reason" == await letters.reason_for(letter.user_id, letter.record_id)


@pytest.mark.parametrize("size", [dead_letter.MAX_MESSAGE_BYTES - 1_000, 2**20, 10_000_000])
async def test_a_message_of_any_size_that_pubsub_takes_has_a_dead_letter(letters: DeadLetterStore, size: int) -> None:
    letter = replace(letter_of(new_user(), uuid4().hex, failure()), data=bytes(size))
    await letters.save(letter)
    assert "a reason" == await letters.reason_for(letter.user_id, letter.record_id)


async def test_the_first_note_on_a_rejection_wins(letters: DeadLetterStore) -> None:
    id_ = uuid4().hex
    assert await letters.rejection_reason(id_) is None
    await letters.note_rejection(id_, "first")
    await letters.note_rejection(id_, "second")
    assert "first" == await letters.rejection_reason(id_)


async def test_without_firestore_a_note_is_skipped_and_everything_else_is_unavailable() -> None:
    [port] = ports.free_ports(1)
    async with adapters.dead_letter_store_at(f"{ports.LOOPBACK}:{port}") as letters:
        await letters.note_rejection("a" * 32, "a reason")
        for call in (letters.rejection_reason("a" * 32), letters.reason_for(new_user(), "a" * 32)):
            with pytest.raises(Unavailable):
                await call
        with pytest.raises(Unavailable):
            await letters.save(letter_of(new_user(), "a" * 32, failure()))


def document(firestore: Emulator, id_: str) -> dict[str, object]:
    """The fields of a dead letter, as an operator reads them."""
    address = f"http://{firestore.host}/v1/projects/{PROJECT}/databases/{DATABASE}/documents/deadLetters/{id_}"
    fields: dict[str, object] = httpx.get(address, headers=OWNER).json()["fields"]
    return fields


async def test_the_document_counts_attempts_and_has_first_and_last_time(firestore: Emulator) -> None:
    letter = letter_of(new_user(), uuid4().hex, failure(5))
    async with adapters.dead_letter_store_at(firestore.host) as letters:
        for number in (5, 9, 7, 9):
            await letters.save(replace(letter, failure=failure(number)))
    fields = document(firestore, letter.id)
    assert {"integerValue": "60"} == fields["attempts"]
    times = [{"timestampValue": f"2026-01-31T12:00:0{second}.123457Z"} for second in (5, 9)]
    assert times == [fields["firstAt"], fields["lastAt"]]
    assert {"nullValue": None} == fields["expiresAt"] == fields["replayedAt"]


async def test_failures_that_are_stored_at_once_are_all_kept(firestore: Emulator) -> None:
    """A write fails if another failure was stored since its read; the test retries it as Pub/Sub does."""
    letter = letter_of(new_user(), uuid4().hex, failure())
    async with adapters.dead_letter_store_at(firestore.host) as letters:

        async def save(number: int) -> None:
            while True:
                with suppress(Unavailable):
                    await letters.save(replace(letter, failure=failure(number)))
                    return

        await save(0)
        await asyncio.gather(*map(save, range(1, 8)))
    assert {"integerValue": f"{8 * 20}"} == document(firestore, letter.id)["attempts"]


async def test_a_dead_letter_expires_if_records_do(firestore: Emulator) -> None:
    letter = letter_of(new_user(), uuid4().hex, failure())
    async with adapters.dead_letter_store_at(firestore.host, retention=timedelta(days=30)) as letters:
        await letters.save(letter)
    expiry = (NOON + timedelta(days=30)).isoformat().replace("+00:00", "Z")
    assert {"timestampValue": expiry} == document(firestore, letter.id)["expiresAt"]


async def test_a_message_too_large_for_a_document_is_left_out_and_the_rest_is_stored(firestore: Emulator) -> None:
    letter = replace(letter_of(new_user(), uuid4().hex, failure()), data=bytes(2_000_000))
    async with adapters.dead_letter_store_at(firestore.host) as letters:
        await letters.save(letter)
    fields = document(firestore, letter.id)
    assert ({"integerValue": "2000000"}, {"booleanValue": False}) == (fields["size"], fields["whole"])
    assert {"stringValue": letter.digest} == fields["digest"]
    message: Any = fields["message"]
    assert ["attributes"] == [*message["mapValue"]["fields"]]
    assert len(TYPICAL) == len(message["mapValue"]["fields"]["attributes"]["arrayValue"]["values"])
