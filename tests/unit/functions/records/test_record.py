"""Tests the forms of a record: its message and its JSON."""

import dataclasses
import json
from datetime import UTC, datetime

import pytest

from dataapi.errors import Undeliverable
from dataapi.records import record
from dataapi.records.record import Record
from tests.support.functions.error_message import error_message

ID = "5f0c1d2e3a4b5c6d7e8f90a1b2c3d4e5"
USER = "115@accounts.google.com"
CREATED = datetime(2026, 11, 23, 21, 4, 5, 6, tzinfo=UTC)
FIELDS = {"id": ID, "userId": USER, "createdAt": "2026-11-23T21:04:05.000006Z", "data": {"a": 1}}


def test_the_message_holds_the_json_of_the_data_digit_by_digit() -> None:
    raws = [
        b'{ "a" : 1.10, "b": 1E2, "c": -0.0, "d": 12345678901234567890.0 }',
        b'{"e": "\\u00e9\\/", "f": "\xc3\xa9"}\r',
        b'{"big": 9223372036854775807}',
        b"{}",
    ]
    messages = [record.message(record.receipt(ID, CREATED), USER, raw) for raw in raws]
    assert [raw + b"}" for raw in raws] == [message.partition(b',"data":')[2] for message in messages]
    assert [Record(ID, USER, CREATED, json.loads(raw)) for raw in raws] == [*map(record.from_message, messages)]


def test_every_valid_user_id_is_read_from_its_message() -> None:
    users = [USER, "a%2Fb@x", "=" + "0f" * 32 + "@", "-._~%@-._~%", "a@"]
    assert users == [
        record.from_message(record.message(record.receipt(ID, CREATED), user, b"{}")).user_id for user in users
    ]


def test_unknown_fields_of_a_message_are_ignored() -> None:
    message = json.dumps({**FIELDS, "later": 1}).encode()
    assert Record(ID, USER, CREATED, {"a": 1}) == record.from_message(message)


def test_a_message_that_is_not_a_record_is_undeliverable() -> None:
    lacking = [json.dumps({name: FIELDS[name] for name in FIELDS if name != missing}).encode() for missing in FIELDS]
    no_records = [b"", b"\xff", b"{", b"null", b"[]", b'"id"', b"7", b"{}", b'{"id": 1, "id": 2}']
    reason = "the message is not a record"
    assert [] == [
        raw for raw in (*no_records, *lacking) if reason != error_message(Undeliverable, record.from_message, raw)
    ]


@pytest.mark.parametrize(
    ("field", "values", "reason"),
    [
        (
            "id",
            [ID.upper(), ID[1:], f"{ID}0", f"{ID}\n", f"{ID[:30]}/x", 7, None, [ID]],
            "the message's id is invalid",
        ),
        (
            "userId",
            ["115", "a/b@x", "a@b/c", "@x", "é@x", "a@x\n", "..", "", 7, None],
            "the message's userId is invalid",
        ),
        ("createdAt", ["yesterday", "2026-11-23T21:04:05", 7, None], "the message is not a record"),
        ("data", [[], "{}", None], "the message's data is not an object"),
    ],
)
def test_a_message_of_a_wrong_form_is_undeliverable(field: str, values: list[object], reason: str) -> None:
    raws = [json.dumps({**FIELDS, field: value}).encode() for value in values]
    assert [] == [raw for raw in raws if reason != error_message(Undeliverable, record.from_message, raw)]


def test_the_receipt_has_id_and_time() -> None:
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
