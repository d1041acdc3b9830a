"""A record's written forms: what goes on the topic comes back from it, and only that."""

import dataclasses
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataapi import record
from dataapi.errors import Undeliverable
from dataapi.record import Record

ID = "5f0c1d2e3a4b5c6d7e8f90a1b2c3d4e5"
USER = "115@accounts.google.com"
CREATED = datetime(2026, 11, 23, 21, 4, 5, 6, tzinfo=UTC)
FIELDS = {"id": ID, "userId": USER, "createdAt": "2026-11-23T21:04:05.000006Z", "data": {"a": 1}}


@pytest.mark.parametrize(
    "raw",
    [
        b'{ "a" : 1.10, "b": 1E2, "c": -0.0, "d": 12345678901234567890.0 }',
        b'{"e": "\\u00e9\\/", "f": "\xc3\xa9"}\r',
        b'{"big": 9223372036854775807}',
        b"{}",
    ],
)
def test_the_message_holds_the_json_of_the_data_digit_by_digit(raw: bytes) -> None:
    message = record.message(ID, USER, CREATED, raw)
    assert message.endswith(b',"data":' + raw + b"}")
    assert Record(ID, USER, CREATED, json.loads(raw)) == record.from_message(message)


@settings(max_examples=50, deadline=None)
@given(
    record_id=st.text("0123456789abcdef", min_size=32, max_size=32),
    user_id=st.sampled_from([USER, "a%2Fb@x", "=" + "0f" * 32 + "@", "-._~%@-._~%", "a@"]),
    created_at=st.datetimes(timezones=st.just(UTC)),
    data=st.dictionaries(st.text('a"\\}é', max_size=3), st.integers() | st.text('a"\\{é', max_size=3), max_size=3),
)
def test_a_record_comes_back_from_its_message(
    record_id: str, user_id: str, created_at: datetime, data: dict[str, object]
) -> None:
    message = record.message(record_id, user_id, created_at, json.dumps(data).encode())
    assert Record(record_id, user_id, created_at, data) == record.from_message(message)


def test_further_fields_of_a_message_are_passed_over() -> None:
    message = json.dumps({**FIELDS, "later": 1}).encode()
    assert Record(ID, USER, CREATED, {"a": 1}) == record.from_message(message)


@pytest.mark.parametrize(
    "raw",
    [b"", b"\xff", b"{", b"null", b"[]", b'"id"', b"7", b"{}", b'{"id": 1, "id": 2}']
    + [json.dumps({name: FIELDS[name] for name in FIELDS if name != missing}).encode() for missing in FIELDS],
)
def test_what_is_no_message_of_a_record_is_undeliverable(raw: bytes) -> None:
    with pytest.raises(Undeliverable, match=r"^the message is not a record's$"):
        record.from_message(raw)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("id", ID.upper(), "the message's id is not a record's"),
        ("id", ID[1:], "the message's id is not a record's"),
        ("id", ID + "0", "the message's id is not a record's"),
        ("id", ID + "\n", "the message's id is not a record's"),
        ("id", f"{ID[:30]}/x", "the message's id is not a record's"),
        ("id", 7, "the message's id is not a record's"),
        ("id", None, "the message's id is not a record's"),
        ("id", [ID], "the message's id is not a record's"),
        ("userId", "115", "the message's user is not one"),
        ("userId", "a/b@x", "the message's user is not one"),
        ("userId", "a@b/c", "the message's user is not one"),
        ("userId", "@x", "the message's user is not one"),
        ("userId", "é@x", "the message's user is not one"),
        ("userId", "a@x\n", "the message's user is not one"),
        ("userId", "..", "the message's user is not one"),
        ("userId", "", "the message's user is not one"),
        ("userId", 7, "the message's user is not one"),
        ("userId", None, "the message's user is not one"),
        ("createdAt", "yesterday", "the message is not a record's"),
        ("createdAt", "2026-11-23T21:04:05", "the message is not a record's"),
        ("createdAt", 7, "the message is not a record's"),
        ("createdAt", None, "the message is not a record's"),
        ("data", [], "the message's data is not an object"),
        ("data", "{}", "the message's data is not an object"),
        ("data", None, "the message's data is not an object"),
    ],
)
def test_a_message_of_a_wrong_form_is_undeliverable(field: str, value: object, reason: str) -> None:
    with pytest.raises(Undeliverable) as refused:
        record.from_message(json.dumps({**FIELDS, field: value}).encode())
    assert reason == str(refused.value)


def test_the_sender_is_told_id_and_time() -> None:
    assert {"id": ID, "createdAt": "2026-11-23T21:04:05.000006Z"} == record.receipt(ID, CREATED)


def test_the_owner_reads_id_time_and_data_and_no_user() -> None:
    mine = Record(ID, USER, CREATED, {"a": [1, {"b": None}]})
    assert {
        "id": ID,
        "createdAt": "2026-11-23T21:04:05.000006Z",
        "data": {"a": [1, {"b": None}]},
    } == record.public(mine)


def test_a_record_does_not_change() -> None:
    mine = Record(ID, USER, CREATED, {})
    with pytest.raises(dataclasses.FrozenInstanceError):
        mine.id = "other"  # type: ignore[misc]  # what the test is about
