"""The envelope in which Pub/Sub pushes a message.

`events/push-emulator.json` is the body that the Pub/Sub emulator 0.8.20 sent to a push endpoint.
`events/push-cloud.json` is the same message in the form that Google documents for a subscription with a dead-letter
policy (https://cloud.google.com/pubsub/docs/push#receive_push).
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dataapi import trace_context
from dataapi.errors import Undeliverable
from dataapi.messages import push
from dataapi.messages.push import Delivery
from dataapi.records import record
from dataapi.records.record import Record
from dataapi.trace_context import Trace
from tests.support.functions.error_message import error_message

EVENTS = Path(__file__).parents[3] / "events"
REASON = "the body is not a Pub/Sub push message"
POSTED = Record(
    id="5f0c1d2e3a4b5c6d7e8f90a1b2c3d4e5",
    user_id="115@accounts.google.com",
    created_at=datetime(2026, 11, 23, 21, 4, 5, 6, tzinfo=UTC),
    data={"informationOne": "first", "informationTwo": "second"},
)


def envelope(**message: object) -> bytes:
    return json.dumps({"message": {"messageId": "7", "data": "e30=", **message}}).encode()


def assert_undeliverable(**values: Sequence[object]) -> None:
    bodies = [envelope(**{name: value}) for name, invalid in values.items() for value in invalid]
    assert [] == [body for body in bodies if REASON != error_message(Undeliverable, push.parse, body)]


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("push-emulator.json", {"messageId": "1", "attempt": None}),
        ("push-cloud.json", {"messageId": "2070443601311540", "attempt": 5}),
    ],
)
def test_what_pubsub_pushes_is_opened(name: str, known: dict[str, object]) -> None:
    delivery = push.parse((EVENTS / name).read_bytes())
    assert known == delivery.log_fields()
    assert POSTED == record.from_message(delivery.data)
    assert Trace("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", sampled=True) == trace_context.read(
        delivery.attributes
    )
    assert record.SCHEMA_VERSION == delivery.attributes["schemaVersion"]


def test_a_message_may_have_no_attributes() -> None:
    nothing: list[dict[str, object]] = [{}, {"attributes": {}}, {"attributes": None}]
    assert [Delivery("7", None, {}, b"{}")] * 3 == [push.parse(envelope(**fields)) for fields in nothing]


def test_a_message_of_attributes_alone_has_empty_data() -> None:
    body = b'{"message": {"messageId": "7", "attributes": {"a": "b"}}}'
    assert Delivery("7", None, {"a": "b"}, b"") == push.parse(body)


def test_a_body_that_is_not_a_push_is_undeliverable() -> None:
    bodies = [
        *(b"", b"{", b"\xff", b"null", b"7", b"[]", b'"message"', b"{}", b"[" * 100_000),
        *(b'{"message": null}', b'{"message": []}', b'{"message": "x"}', b'{"message": 7}', b'{"message": {}}'),
        b'{"message": {"data": "e30="}}',
        b'{"message": {"messageId": "7"}, "message": {"messageId": "7"}}',
    ]
    assert [] == [body[:60] for body in bodies if REASON != error_message(Undeliverable, push.parse, body)]


def test_data_that_is_not_base64_is_undeliverable() -> None:
    assert_undeliverable(data=["e30", "e3 0=", "*", "e30=\n", "-_-_", "é", 7, None, [], {}, True])


def test_attributes_that_are_no_texts_by_name_are_undeliverable() -> None:
    assert_undeliverable(attributes=["x", 7, ["a"], {"traceparent": 7}, {"a": None}, [["a", "b"]]])


def test_a_message_without_an_id_is_undeliverable() -> None:
    assert_undeliverable(messageId=[None, 7, [], {}])


def test_an_attempt_that_is_not_a_number_is_undeliverable() -> None:
    attempts: list[object] = ["5", 1.5, [], {}]
    bodies = [json.dumps({"message": {"messageId": "7"}, "deliveryAttempt": attempt}).encode() for attempt in attempts]
    assert [] == [body for body in bodies if REASON != error_message(Undeliverable, push.parse, body)]
