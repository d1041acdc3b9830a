"""Tests the answer to a push, which decides whether Pub/Sub delivers again, the document, and the log."""

import asyncio
import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import Response

import persist
from dataapi.errors import Unavailable
from dataapi.group_commit import GroupRejectedError
from dataapi.records.record import Record
from tests.support.functions.calls import answer, assert_error, content, request
from tests.support.functions.deployed import Deployment, deployed

pytestmark = pytest.mark.usefixtures("deployment")

EVENTS = Path(__file__).parents[3] / "events"
ID = "5f0c1d2e3a4b5c6d7e8f90a1b2c3d4e5"
USER = "115@accounts.google.com"
MESSAGE = {"id": ID, "userId": USER, "createdAt": "2026-11-23T21:04:05.000006Z", "data": {"informationOne": "first"}}
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def pushed(message: object = MESSAGE, **attributes: str) -> bytes:
    data = message if isinstance(message, bytes) else json.dumps(message).encode()
    all_attributes = {"traceparent": TRACEPARENT, **attributes}
    inner = {"data": base64.b64encode(data).decode(), "messageId": "1", "attributes": all_attributes}
    return json.dumps({"message": inner, "deliveryAttempt": 2}).encode()


async def push(body: bytes) -> Response:
    return await answer(persist.persist, request("POST", "/", {"content-type": "application/json"}, body))


async def assert_rejected(deployment: Deployment, body: bytes, reason: str, **known: object) -> None:
    response = await push(body)
    assert_error(response, 422, reason)
    expected = {"severity": "ERROR", "message": "rejected", **known, "reason": content(response)["message"]}
    assert [expected] == deployment.lines()
    assert {} == deployment.records.documents


@pytest.mark.parametrize(
    ("event", "known"),
    [
        ("push-cloud", {"messageId": "2070443601311540", "attempt": 5}),
        ("push-emulator", {"messageId": "1", "attempt": None}),
    ],
)
async def test_a_push_as_pubsub_sends_it_is_stored(deployment: Deployment, event: str, known: dict[str, Any]) -> None:
    response = await push((EVENTS / f"{event}.json").read_bytes())
    assert (204, b"") == (response.status_code, response.body)
    created_at = datetime(2026, 11, 23, 21, 4, 5, 6, UTC)
    record = Record(ID, USER, created_at, {"informationOne": "first", "informationTwo": "second"})
    assert {(USER, ID): record} == deployment.records.documents
    [line] = deployment.lines()
    lag = line.pop("lagSeconds")
    assert {"severity": "INFO", "message": "stored", **known, "id": ID, "groupSize": 1} == line
    assert lag == pytest.approx((datetime.now(UTC) - created_at).total_seconds(), abs=60)


async def test_a_second_delivery_is_204_too_and_logged_as_a_duplicate(deployment: Deployment) -> None:
    await push(pushed())
    first = dict(deployment.records.documents)
    response = await push(pushed({**MESSAGE, "data": {"informationOne": "changed"}}))
    assert 204 == response.status_code
    assert first == deployment.records.documents
    stored, duplicate = deployment.lines()
    assert ("stored", "duplicate") == (stored["message"], duplicate["message"])
    assert stored.keys() == duplicate.keys()
    assert ("INFO", "1", 2, ID, 1) == tuple(
        duplicate[name] for name in ("severity", "messageId", "attempt", "id", "groupSize")
    )


async def test_pushes_that_come_at_once_are_stored_together(deployment: Deployment) -> None:
    ids = [f"{number:032x}" for number in range(10)]
    await asyncio.gather(*(push(pushed({**MESSAGE, "id": record_id})) for record_id in ids))
    assert sorted(ids) == sorted(record_id for _, record_id in deployment.records.documents)
    assert {10} == {line["groupSize"] for line in deployment.lines()}


async def test_the_lines_of_a_message_belong_to_the_trace_of_its_post(deployment: Deployment) -> None:
    await push(pushed())
    await push(pushed(b"{"))
    for line in deployment.output.getvalue().splitlines():
        logged_trace = {
            name: value for name, value in json.loads(line).items() if name.startswith("logging.googleapis.com/")
        }
        assert {
            "logging.googleapis.com/trace": "projects/a-project/traces/4bf92f3577b34da6a3ce929d0e0e4736",
            "logging.googleapis.com/spanId": "00f067aa0ba902b7",
            "logging.googleapis.com/trace_sampled": True,
        } == logged_trace


async def test_a_body_that_is_not_a_push_is_rejected(subtests: pytest.Subtests) -> None:
    no_messages = [b"", b"{", b"[]", b"null", b'"message"', b"[" * 100_000]
    parts = [b'"data": "%%%"', b'"data": 1', b'"attributes": 1', b'"attributes": ["a"]', b'"attributes": {"a": 1}']
    messages = [b"null", b"[]", b"{}", b'{"data": ""}', *(b'{"messageId": "1", %b}' % part for part in parts)]
    for body in (*no_messages, *(b'{"message": %b}' % message for message in messages)):
        with subtests.test(body=body[:60]), deployed() as deployment:
            await assert_rejected(deployment, body, "the body is not a Pub/Sub push message")


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([b"", b"{", [], {}], "the message is not a record"),
        ([{**MESSAGE, "createdAt": value} for value in ("yesterday", 1)], "the message is not a record"),
        ([{**MESSAGE, "id": value} for value in ("x", f"{ID}/records/{ID}", 1)], "the message's id is invalid"),
        (
            [{**MESSAGE, "userId": value} for value in ("bob/records/x@y", "../x@y", "", None)],
            "the message's userId is invalid",
        ),
        ([{**MESSAGE, "data": []}, {**MESSAGE, "data": None}], "the message's data is not an object"),
    ],
    ids=["message", "createdAt", "id", "userId", "data"],
)
async def test_a_message_that_is_not_a_record_is_rejected(
    subtests: pytest.Subtests, messages: list[object], reason: str
) -> None:
    for message in messages:
        with subtests.test(message=message), deployed() as deployment:
            await assert_rejected(deployment, pushed(message), reason, messageId="1", attempt=2)


@pytest.mark.parametrize("version", ["2", "0", "", "1.0", "one"])
async def test_a_message_of_an_unknown_version_is_rejected(deployment: Deployment, version: str) -> None:
    reason = "the message's schemaVersion is not 1"
    await assert_rejected(deployment, pushed(schemaVersion=version), reason, messageId="1", attempt=2)
    assert [reason] == [*deployment.dead_letters.rejections.values()]


async def test_a_message_without_a_version_is_read_as_version_1(deployment: Deployment) -> None:
    assert [204, 204] == [(await push(body)).status_code for body in (pushed(), pushed(schemaVersion="1"))]
    assert ["stored", "duplicate"] == [line["message"] for line in deployment.lines()]


async def test_a_record_that_firestore_cannot_store_is_rejected_with_the_reasons(deployment: Deployment) -> None:
    data = {"a": [[1]], "b": {"__x__": [[2]]}}
    reason = (
        "Firestore would reject it: is a reserved name: no name may begin and end with two underscores, "
        "is an array in an array; put an object between them"
    )
    await assert_rejected(deployment, pushed({**MESSAGE, "data": data}), reason, messageId="1", attempt=2, id=ID)


async def test_a_record_that_firestore_rejects_for_unknown_reasons_is_rejected(deployment: Deployment) -> None:
    deployment.records.error = GroupRejectedError("Firestore rejected the write")
    await assert_rejected(deployment, pushed(), "Firestore rejected the write", messageId="1", attempt=2, id=ID)


async def test_a_bad_record_among_many_is_rejected_and_the_others_are_stored(deployment: Deployment) -> None:
    bodies = [pushed({**MESSAGE, "id": f"{number:032x}"}) for number in range(20)]
    bodies[7] = pushed({**MESSAGE, "id": f"{7:032x}", "data": {"a": [[1]]}})
    responses = await asyncio.gather(*map(push, bodies))
    assert [204] * 7 + [422] + [204] * 12 == [response.status_code for response in responses]
    assert 19 == len(deployment.records.documents)


async def test_while_firestore_is_unavailable_a_push_is_503_and_is_stored_later(deployment: Deployment) -> None:
    deployment.records.error = Unavailable()
    assert_error(await push(pushed()), 503, "Temporarily unavailable")
    known = {"messageId": "1", "attempt": 2, "id": ID}
    expected = {"severity": "ERROR", "message": "refused", **known, "status": 503, "reason": "Unavailable"}
    assert [expected] == deployment.lines()
    deployment.records.error = None
    assert 204 == (await push(pushed())).status_code


async def test_a_push_that_does_not_fit_into_memory_is_503_and_is_stored_later() -> None:
    with deployed(capacity=5_000) as deployment:
        async with deployment.admission.body(request("POST", "/", {}, b""), 1, "The push"):
            assert_error(await push(pushed()), 503, "Too many requests are in progress")
        assert {} == deployment.records.documents
        assert 204 == (await push(pushed())).status_code


async def test_why_a_message_is_rejected_is_noted_for_dead_letter(deployment: Deployment) -> None:
    for _ in range(2):
        await push(pushed({**MESSAGE, "data": []}))
    assert ["the message's data is not an object"] == [*deployment.dead_letters.rejections.values()]


async def test_a_stored_or_invalid_push_or_a_temporary_failure_leaves_no_note(deployment: Deployment) -> None:
    await push(pushed())
    await push(b"{")
    deployment.records.error = Unavailable()
    await push(pushed({**MESSAGE, "id": "0" * 32}))
    assert {} == deployment.dead_letters.rejections


async def test_a_push_longer_than_pubsub_sends_is_413(deployment: Deployment) -> None:
    assert_error(await push(b"x" * (2**24 + 1)), 413, "The push is over the limit of 16,777,216 bytes")
    assert {} == deployment.records.documents


async def test_other_paths_and_methods_are_rejected() -> None:
    for method, path, status in (("GET", "/", 405), ("POST", "/data", 404)):
        response = await answer(persist.persist, request(method, path, {}, pushed()))
        assert (path, status) == (path, response.status_code)
