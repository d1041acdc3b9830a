"""The envelope in which Pub/Sub pushes a message.

`events/push-emulator.json` is the body that the Pub/Sub emulator 0.8.20 sent to a push endpoint.
`events/push-cloud.json` is the same message in the form that Google documents for a subscription with a dead-letter
policy (https://cloud.google.com/pubsub/docs/push#receive_push).
"""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataapi import push, record, trace
from dataapi.errors import Undeliverable
from dataapi.push import Delivery
from dataapi.record import Record
from dataapi.trace import Trace

EVENTS = Path(__file__).parents[1] / "events"
REASON = r"^the body is not a pushed message$"
POSTED = Record(
    id="5f0c1d2e3a4b5c6d7e8f90a1b2c3d4e5",
    user_id="115@accounts.google.com",
    created_at=datetime(2026, 11, 23, 21, 4, 5, 6, tzinfo=UTC),
    data={"informationOne": "first", "informationTwo": "second"},
)
few = settings(max_examples=50, deadline=None)
odd = st.sampled_from(
    [
        None,
        True,
        0,
        5,
        1.5,
        "",
        "a",
        "YQ==",
        "YQ",
        "é",
        [],
        ["a"],
        [["a", "b"]],
        {},
        {"a": "b"},
        {"a": 1},
        {"a": [None]},
    ]
)
odd_messages = st.fixed_dictionaries({}, optional=dict.fromkeys(["messageId", "attributes", "data", "x"], odd))
odd_envelopes = st.fixed_dictionaries({}, optional={"message": odd | odd_messages, "deliveryAttempt": odd})


def envelope(**message: object) -> bytes:
    return json.dumps({"message": {"messageId": "7", "data": "e30=", **message}}).encode()


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("push-emulator.json", {"messageId": "1", "attempt": None}),
        ("push-cloud.json", {"messageId": "2070443601311540", "attempt": 5}),
    ],
)
def test_what_pubsub_pushes_is_opened(name: str, known: dict[str, object]) -> None:
    delivery = push.opened((EVENTS / name).read_bytes())
    assert known == delivery.known()
    assert POSTED == record.from_message(delivery.data)
    assert Trace("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", sampled=True) == trace.read(
        delivery.attributes
    )
    assert record.SCHEMA_VERSION == delivery.attributes["schemaVersion"]


@pytest.mark.parametrize("attributes", [{}, {"attributes": {}}, {"attributes": None}])
def test_a_message_may_have_no_attributes(attributes: dict[str, object]) -> None:
    assert Delivery("7", None, {}, b"{}") == push.opened(envelope(**attributes))


def test_a_message_of_attributes_alone_has_empty_data() -> None:
    body = b'{"message": {"messageId": "7", "attributes": {"a": "b"}}}'
    assert Delivery("7", None, {"a": "b"}, b"") == push.opened(body)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"\xff", b"null", b"7", b"[]", b'"message"', b"{}", b"[" * 100_000),
        *(b'{"message": null}', b'{"message": []}', b'{"message": "x"}', b'{"message": 7}', b'{"message": {}}'),
        b'{"message": {"data": "e30="}}',
        b'{"message": {"messageId": "7"}, "message": {"messageId": "7"}}',
    ],
)
def test_what_is_no_envelope_is_undeliverable(body: bytes) -> None:
    with pytest.raises(Undeliverable, match=REASON):
        push.opened(body)


@pytest.mark.parametrize("data", ["e30", "e3 0=", "*", "e30=\n", "-_-_", "é", 7, None, [], {}, True])
def test_data_that_is_no_base64_is_undeliverable(data: object) -> None:
    with pytest.raises(Undeliverable, match=REASON):
        push.opened(envelope(data=data))


@pytest.mark.parametrize("attributes", ["x", 7, ["a"], {"traceparent": 7}, {"a": None}, [["a", "b"]]])
def test_attributes_that_are_no_texts_by_name_are_undeliverable(attributes: object) -> None:
    with pytest.raises(Undeliverable, match=REASON):
        push.opened(envelope(attributes=attributes))


@pytest.mark.parametrize("message_id", [None, 7, [], {}])
def test_a_message_without_an_id_is_undeliverable(message_id: object) -> None:
    with pytest.raises(Undeliverable, match=REASON):
        push.opened(envelope(messageId=message_id))


@pytest.mark.parametrize("attempt", ["5", 1.5, [], {}])
def test_an_attempt_that_is_no_number_is_undeliverable(attempt: object) -> None:
    with pytest.raises(Undeliverable, match=REASON):
        push.opened(json.dumps({"message": {"messageId": "7"}, "deliveryAttempt": attempt}).encode())


@few
@given(odd_envelopes)
def test_a_malformed_envelope_is_undeliverable_and_anything_else_a_delivery(content: object) -> None:
    try:
        delivery = push.opened(json.dumps(content).encode())
    except Undeliverable:
        return
    assert isinstance(delivery.message_id, str)
    assert isinstance(delivery.attempt, int | None)
    assert {str} >= {type(text) for attribute in delivery.attributes.items() for text in attribute}
    assert isinstance(delivery.data, bytes)


@few
@given(st.binary(max_size=30))
def test_any_data_comes_out_as_it_went_in(data: bytes) -> None:
    assert Delivery("7", None, {}, data) == push.opened(envelope(data=base64.b64encode(data).decode()))
