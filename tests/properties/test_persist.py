"""Tests that every push is stored or rejected: nothing in it makes `persist` or `dead-letter` crash."""

import base64
import json

from hypothesis import given, settings
from hypothesis import strategies as st

import dead_letter
import persist
from tests.support.functions.calls import answer, request
from tests.support.functions.deployed import deployed

MESSAGE = {
    "id": "5f0c1d2e3a4b5c6d7e8f90a1b2c3d4e5",
    "userId": "115@accounts.google.com",
    "createdAt": "2026-11-23T21:04:05.000006Z",
    "data": {"informationOne": "first"},
}
NAMES = st.sampled_from(["messageId", "data", "attributes", "traceparent", "__x__", ""])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


def pushed(message: object) -> dict[str, object]:
    return {"messageId": "1", "data": base64.b64encode(json.dumps(message).encode()).decode()}


@settings(deadline=None)
@given(field=st.sampled_from(["message", *MESSAGE]), value=JSON)
async def test_whatever_is_pushed_is_stored_or_rejected(field: str, value: object) -> None:
    message = value if field == "message" else pushed({**MESSAGE, field: value})
    with deployed():
        response = await answer(persist.persist, request("POST", "/", {}, json.dumps({"message": message}).encode()))
    assert response.status_code in {204, 422}


ATTEMPTS = st.integers(-5, 2**31) | st.integers() | st.sampled_from([10**30, -(10**30), 2**63])


@settings(deadline=None)
@given(attempt=ATTEMPTS)
async def test_whatever_the_delivery_attempt_is_the_message_is_stored_or_rejected(attempt: int) -> None:
    envelope = {"message": pushed(MESSAGE), "deliveryAttempt": attempt}
    with deployed():
        response = await answer(persist.persist, request("POST", "/", {}, json.dumps(envelope).encode()))
    assert (204 if 0 <= attempt < 2**31 else 422) == response.status_code


@settings(deadline=None)
@given(
    count=st.text() | st.integers().map(str),
    subscription=st.text(max_size=3),
    repeat=st.sampled_from([1, 1_000, 400_000]),
)
async def test_whatever_pubsubs_own_attributes_hold_the_dead_letter_is_stored(
    count: str, subscription: str, repeat: int
) -> None:
    source = "CloudPubSubDeadLetterSource"
    attributes = {f"{source}DeliveryCount": count, f"{source}Subscription": subscription * repeat}
    inner = {"messageId": "1" * repeat, "data": "", "attributes": attributes}
    with deployed() as deployment:
        response = await answer(
            dead_letter.dead_letter, request("POST", "/", {}, json.dumps({"message": inner}).encode())
        )
    assert 204 == response.status_code
    (stored,) = deployment.dead_letters.documents.values()
    assert 0 <= stored.letter.failure.attempts < 2**31
    assert len(stored.letter.subscription) <= 1_500
    assert len(stored.letter.failure.message_id) <= 1_500


@settings(deadline=None)
@given(version=st.none() | st.text() | st.sampled_from(["1", "2", "01", "1.0"]))
async def test_only_messages_of_version_1_or_without_one_are_stored(version: str | None) -> None:
    message = pushed(MESSAGE) | {"attributes": {} if version is None else {"schemaVersion": version}}
    with deployed() as deployment:
        response = await answer(persist.persist, request("POST", "/", {}, json.dumps({"message": message}).encode()))
    expected = 204 if version in {None, "1"} else 422
    assert (expected, expected == 204) == (response.status_code, bool(deployment.records.documents))


@settings(deadline=None)
@given(
    data=st.binary() | JSON.map(lambda value: json.dumps(value).encode()), attributes=st.dictionaries(NAMES, st.text())
)
async def test_every_dead_letter_is_stored_whatever_its_message_holds(data: bytes, attributes: dict[str, str]) -> None:
    inner = {"messageId": "1", "data": base64.b64encode(data).decode(), "attributes": attributes}
    with deployed() as deployment:
        response = await answer(
            dead_letter.dead_letter, request("POST", "/", {}, json.dumps({"message": inner}).encode())
        )
    assert 204 == response.status_code
    assert [(data, attributes)] == [
        (document.letter.data, document.letter.attributes) for document in deployment.dead_letters.documents.values()
    ]
