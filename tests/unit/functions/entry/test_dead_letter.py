"""Tests the answer to a dead letter, which decides whether it stays on the topic, its document, and the log."""

import asyncio
import base64
import json
from datetime import UTC, datetime

import pytest
from starlette.responses import Response

import dead_letter as entry
import persist
from dataapi.errors import Unavailable
from dataapi.group_commit import GroupRejectedError
from dataapi.messages import dead_letter, push
from tests.support.functions.calls import answer, assert_error, request
from tests.support.functions.deployed import Deployment

ID = "5f0c1d2e3a4b5c6d7e8f90a1b2c3d4e5"
USER = "115@accounts.google.com"
MESSAGE = {"id": ID, "userId": USER, "createdAt": "2026-11-23T21:04:05.000006Z", "data": {"informationOne": "first"}}
DEATH = datetime(2026, 11, 24, 3, 0, 0, 500_000, UTC)
SOURCE = "CloudPubSubDeadLetterSource"
ATTRIBUTES = {"schemaVersion": "1", f"{SOURCE}Subscription": "persist", f"{SOURCE}DeliveryCount": "20"}


def pushed(
    message: object = MESSAGE,
    message_id: str = "7",
    published: str = "2026-11-24T03:00:00.5Z",
    attributes: dict[str, str] = ATTRIBUTES,
) -> bytes:
    data = message if isinstance(message, bytes) else json.dumps(message).encode()
    inner = {"data": base64.b64encode(data).decode(), "messageId": message_id, "attributes": attributes}
    return json.dumps({"message": {**inner, "publishTime": published}, "subscription": "dead-letter"}).encode()


async def take(body: bytes) -> Response:
    return await answer(entry.dead_letter, request("POST", "/", body=body))


async def test_a_dead_letter_is_stored_unchanged_with_its_owner(deployment: Deployment) -> None:
    response = await take(pushed())
    assert (204, b"") == (response.status_code, response.body)
    ((id_, stored),) = deployment.dead_letters.documents.items()
    assert dead_letter.id_of_record(USER, ID) == id_
    assert (json.dumps(MESSAGE).encode(), ATTRIBUTES) == (stored.letter.data, stored.letter.attributes)
    assert ("persist", USER, ID) == (stored.letter.subscription, stored.letter.user_id, stored.letter.record_id)
    assert [dead_letter.Failure("7", DEATH, 20, "every attempt to store it failed")] == stored.failures


async def test_the_line_of_a_dead_letter_names_its_reason_and_no_user(deployment: Deployment) -> None:
    await take(pushed())
    expected = {"messageId": "7", "reason": "every attempt to store it failed", "attempts": 20, "id": ID}
    letter = dead_letter.id_of_record(USER, ID)
    assert [
        {"severity": "WARNING", "message": "dead_lettered", **expected, "deadLetterId": letter}
    ] == deployment.lines()


async def test_nothing_is_stored_of_a_record_that_its_owner_has_deleted(deployment: Deployment) -> None:
    await deployment.tombstones.delete(USER, ID)
    assert 204 == (await take(pushed())).status_code
    assert {} == deployment.dead_letters.documents
    assert [{"severity": "INFO", "message": "deleted", "messageId": "7", "id": ID}] == deployment.lines()


async def test_a_record_that_is_deleted_while_its_dead_letter_is_being_stored_leaves_none(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`delete` looked for dead letters before this one was stored."""
    save = deployment.dead_letters.save

    async def save_after_a_deletion(letter: dead_letter.DeadLetter) -> str:
        await deployment.tombstones.delete(USER, ID)
        return await save(letter)

    monkeypatch.setattr(deployment.dead_letters, "save", save_after_a_deletion)
    assert 204 == (await take(pushed())).status_code
    assert {} == deployment.dead_letters.documents


async def test_the_same_dead_letter_delivered_twice_is_one_document_with_one_failure(deployment: Deployment) -> None:
    assert [204, 204] == [(await take(pushed())).status_code for _ in range(2)]
    (stored,) = deployment.dead_letters.documents.values()
    assert 1 == len(stored.failures)


async def test_a_record_that_fails_again_adds_a_failure_to_its_dead_letter(deployment: Deployment) -> None:
    await take(pushed())
    later = pushed(message_id="9", published="2026-11-25T00:00:00Z", attributes={**ATTRIBUTES, "replay": "1"})
    await asyncio.gather(take(later), take(pushed()))
    (stored,) = deployment.dead_letters.documents.values()
    assert ["7", "9"] == [failure.message_id for failure in stored.failures]


async def test_another_message_of_the_same_record_is_stored_beside_the_first(deployment: Deployment) -> None:
    other = {**MESSAGE, "data": {"informationOne": "other"}}
    for message, message_id in ((MESSAGE, "7"), (other, "8"), (other, "8")):
        await take(pushed(message, message_id))
    first, second = deployment.dead_letters.documents.values()
    assert [json.dumps(value).encode() for value in (MESSAGE, other)] == [first.letter.data, second.letter.data]
    assert [1, 1] == [len(first.failures), len(second.failures)]


async def test_the_reason_that_persist_noted_reaches_the_dead_letter(deployment: Deployment) -> None:
    deployment.records.error = GroupRejectedError("Firestore rejected the write")
    await answer(persist.persist, request("POST", "/", body=pushed(message_id="1")))
    await take(pushed())
    (stored,) = deployment.dead_letters.documents.values()
    assert "Firestore rejected the write" == stored.failures[0].reason


async def test_a_reason_noted_before_a_replay_is_not_used_after_it(deployment: Deployment) -> None:
    deployment.records.error = GroupRejectedError("Firestore rejected the write")
    await answer(persist.persist, request("POST", "/", body=pushed(message_id="1")))
    await take(pushed(attributes={**ATTRIBUTES, "replay": "1"}))
    (stored,) = deployment.dead_letters.documents.values()
    assert dead_letter.ATTEMPTS_EXHAUSTED == stored.failures[0].reason


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"\x00\xff garbage", "the message is not a record"),
        (b"", "the message is not a record"),
        ({**MESSAGE, "id": "x"}, "the message's id is invalid"),
        (
            {**MESSAGE, "data": {"a": [[1]]}},
            "Firestore would reject it: is an array in an array; put an object between them",
        ),
    ],
    ids=["garbage", "nothing", "no id", "unstorable"],
)
async def test_without_a_noted_reason_the_message_is_checked_as_in_persist(
    deployment: Deployment, message: object, reason: str
) -> None:
    assert 204 == (await take(pushed(message))).status_code
    (stored,) = deployment.dead_letters.documents.values()
    assert reason == stored.failures[0].reason
    assert (isinstance(message, dict) and message["id"] == ID) == bool(
        stored.letter.user_id and stored.letter.record_id
    )


async def test_a_message_that_is_not_a_record_has_one_dead_letter_however_often_it_fails(
    deployment: Deployment,
) -> None:
    for message_id in ("7", "8"):
        await take(pushed(b"garbage", message_id))
    (stored,) = deployment.dead_letters.documents.values()
    assert ["7", "8"] == [failure.message_id for failure in stored.failures]


async def test_invalid_attributes_of_pubsub_are_ignored(deployment: Deployment) -> None:
    before = datetime.now(UTC)
    await take(pushed(published="yesterday", attributes={f"{SOURCE}DeliveryCount": "many"}))
    (stored,) = deployment.dead_letters.documents.values()
    assert (0, "") == (stored.failures[0].attempts, stored.letter.subscription)
    assert before <= stored.failures[0].at <= datetime.now(UTC)


async def test_a_dead_letter_that_cannot_be_stored_stays_on_the_topic(deployment: Deployment) -> None:
    deployment.dead_letters.error = Unavailable()
    assert_error(await take(pushed()), 503, "Temporarily unavailable.")
    assert {} == deployment.dead_letters.documents


async def test_a_body_that_is_not_a_push_is_422(deployment: Deployment) -> None:
    assert_error(await take(b"{"), 422, "the body is not a Pub/Sub push message")
    assert ["rejected"] == [line["message"] for line in deployment.lines()]


async def test_a_push_as_large_as_pubsub_can_make_it_is_taken() -> None:
    assert len(base64.b64encode(bytes(10_000_000))) + 200_000 < push.MAX_BYTES


@pytest.mark.parametrize(
    ("size", "attributes", "fits"),
    [(1_000_000, {}, True), (1_000_001, {}, False), (999_990, {"name": "seven x"}, False)],
)
def test_a_message_fits_where_it_and_its_attributes_leave_room_in_a_document(
    size: int, attributes: dict[str, str], *, fits: bool
) -> None:
    letter = dead_letter.read(push.Delivery("7", None, attributes, bytes(size)), None)
    assert fits == letter.fits


@pytest.mark.parametrize(("size", "are_stored"), [(10, True), (1_000_001, False)])
def test_attributes_that_no_document_can_hold_are_left_out(size: int, *, are_stored: bool) -> None:
    letter = dead_letter.read(push.Delivery("7", None, {"name": "x" * size}, bytes(2_000_000)), None)
    assert are_stored == bool(letter.stored_attributes)
