"""Tests how the body of a POST is read: media types, limits, batches, ids."""

import asyncio
import tracemalloc
from contextlib import suppress
from typing import Any

import pytest

from dataapi.errors import BadRequest, Problem, UnsupportedMediaType
from dataapi.records import submission
from dataapi.records.record import ID
from dataapi.records.rules import MAX_RECORD_BYTES
from dataapi.records.schema import Check
from tests.support.functions.checker import CheckerInProcess
from tests.support.functions.error_message import error_message

ONE = submission.form({"content-type": "application/json"})
BATCH = submission.form({"content-type": "application/x-ndjson"})
USER = "115@accounts.google.com"
NDJSON = "To send several records, use content-type application/x-ndjson with one record a line."


def anything(_: dict[str, Any]) -> list[Problem]:
    return []


def no_bad(record: dict[str, Any]) -> list[Problem]:
    """Reports the member `bad`, as often as its value says."""
    return [Problem("/bad", "is bad")] * record.get("bad", 0)


def of_size(size: int) -> bytes:
    return b'{"a": "' + b"x" * (size - 9) + b'"}'


def accepted(form: submission.Form, body: bytes, check: Check = anything) -> list[bytes]:
    async def run() -> list[bytes]:
        return await form.records(body, CheckerInProcess(check), lambda _: None)

    return asyncio.run(run())


def refused(form: submission.Form, body: bytes) -> tuple[str, list[Problem]]:
    """Message and details of the error; empty if the body is accepted."""
    try:
        accepted(form, body, no_bad)
    except BadRequest as refusal:
        return refusal.message, [*refusal.details]
    return "", []


def form(content_type: str) -> submission.Form:
    return submission.form({"content-type": content_type})


def test_json_is_one_record_of_up_to_256_kib() -> None:
    assert (False, 262_144, "The record") == (ONE.is_batch, ONE.limit, ONE.limit_name)
    parameters = ("; charset=utf-8", ";charset=UTF-8", '; charset="utf-8"', " ; charset=utf-8 ", "; Charset=utf-8")
    content_types = [
        "Application/JSON",
        " application/json ",
        *(f"application/json{parameter}" for parameter in parameters),
    ]
    assert dict.fromkeys(content_types, ONE) == {content_type: form(content_type) for content_type in content_types}


def test_ndjson_is_a_batch_of_up_to_8_mib() -> None:
    assert (True, 8_388_608, "The batch") == (BATCH.is_batch, BATCH.limit, BATCH.limit_name)
    assert BATCH == form("application/x-ndjson; charset=utf-8")


def test_any_other_media_type_is_rejected_with_the_supported_ones() -> None:
    others = ["", "json", "text/plain", "application/jsonl", "application/x-www-form-urlencoded"]
    looks_like = ["application/problem+json", "application/json, application/json", "application/json/json"]
    looks_like += ["xapplication/json", "application/json\n;", "application/json; boundary=x"]
    charsets = ["latin-1", "utf-16", "utf-88", "utf-8; charset=latin-1"]
    parameters = [*(f"charset={item}" for item in charsets), "char\N{LATIN SMALL LETTER LONG S}et=utf-8"]
    content_types = [*others, *looks_like, *(f"application/json; {parameter}" for parameter in parameters)]
    message = "Send content-type application/json or application/x-ndjson, in UTF-8."
    messages = {content_type: error_message(UnsupportedMediaType, form, content_type) for content_type in content_types}
    assert dict.fromkeys(content_types, message) == messages


def test_a_body_without_a_content_type_is_rejected() -> None:
    with pytest.raises(UnsupportedMediaType, match=r"^Send content-type application/json or"):
        submission.form({})


def test_a_compressed_body_is_rejected() -> None:
    codings = ["gzip", "br", "GZIP", "gzip, identity", ""]
    headers = [{"content-type": "application/json", "content-encoding": coding} for coding in codings]
    message = "Send the body uncompressed, without content-encoding."
    assert [message] * 5 == [error_message(UnsupportedMediaType, submission.form, header) for header in headers]


def test_a_body_with_identity_encoding_is_accepted() -> None:
    headers = [{"content-type": "application/json", "content-encoding": coding} for coding in ("identity", "Identity")]
    assert [ONE, ONE] == [submission.form(header) for header in headers]


def test_a_record_is_handed_on_as_it_was_sent() -> None:
    bodies = [b"{}", b'{"a": 1.10}', b' \r\n{"a":\n1}\n']
    assert [[body] for body in bodies] == [accepted(ONE, body) for body in bodies]


def test_a_body_that_is_not_json_is_rejected_with_the_reason() -> None:
    reasons = {
        b"": "Expecting value at line 1, column 1",
        b'{"a": 1,\n "a" 2}': "Expecting ':' delimiter at line 2, column 6",
        b"\xff": "not UTF-8 at byte 0",
        b"[" * 100_000: "nested too deep to be read",
        b'{"a": 1, "a": 1}': "an object has a duplicate name",
    }
    expected: list[tuple[str, list[Problem]]] = [
        (f"The body is not JSON: {reason}.", []) for reason in reasons.values()
    ]
    assert expected == [refused(ONE, body) for body in reasons]


def test_a_body_that_is_not_an_object_is_rejected() -> None:
    bodies = [b"[]", b"null", b"7", b'"x"', b"true", b'[{"a": 1}]']
    problems = [refused(ONE, body)[1] for body in bodies]
    assert {Problem("", "must be a JSON object"), Problem("", f"must be a JSON object. {NDJSON}")} == {
        problem for (problem,) in problems
    }


def test_several_records_in_one_json_body_are_rejected_with_the_way_to_send_them() -> None:
    assert [Problem("", f"must be a JSON object. {NDJSON}")] == refused(ONE, b' [{"a": 1}]')[1]
    message, _ = refused(ONE, b'{"a": 1}\n{"a": 2}')
    assert f"The body is not JSON: Extra data at line 2, column 1. {NDJSON}" == message


def test_problems_with_firestore_and_with_the_schema_are_named_together() -> None:
    message, details = refused(ONE, b'{"bad": 1, "": 2, "__x__": 3}')
    assert "The record is invalid. Fix the problems named in details, and send it again." == message
    assert ["/", "/__x__", "/bad"] == [problem.field for problem in details]


def test_at_most_100_problems_of_a_record_are_reported() -> None:
    named = {1: 1, 100: 100, 101: 100}
    assert named == {count: len(refused(ONE, b'{"bad": %d}' % count)[1]) for count in named}


def test_a_batch_is_one_record_a_line() -> None:
    line_separator_in_a_text = b' {"a": "\xe2\x80\xa8"} '
    lines = {
        b"{}": [b"{}"],
        b'{"a": 1.10}\n{"b": 2}\n': [b'{"a": 1.10}', b'{"b": 2}'],
        b'{"a": 1}\r\n{"b": 2}\r\n': [b'{"a": 1}\r', b'{"b": 2}\r'],
        b'\n\n{"a": 1}\n \t\r\n{"b": 2}\n\n': [b'{"a": 1}', b'{"b": 2}'],
        line_separator_in_a_text: [line_separator_in_a_text.lstrip()],
    }
    assert lines == {body: accepted(BATCH, body) for body in lines}


def test_a_batch_without_records_is_rejected() -> None:
    messages = [refused(BATCH, body) for body in (b"", b"\n", b" \r\n\t\n")]
    assert [("The batch is empty. Send one record a line.", [])] * 3 == messages


def test_a_batch_may_hold_1000_records() -> None:
    assert [b"{}"] * 1_000 == accepted(BATCH, b"{}\n\n" * 1_000)


def test_a_batch_of_1001_records_is_rejected() -> None:
    assert ("The batch has more than 1,000 records; send at most so many at once.", []) == refused(
        BATCH, b"{}\n" * 1_001
    )


def test_a_line_of_a_batch_may_hold_256_kib_and_not_one_byte_more() -> None:
    full = of_size(MAX_RECORD_BYTES)
    assert [b"{}", full] == accepted(BATCH, b"{}\n" + full)
    _, details = refused(BATCH, b"{}\n" + of_size(MAX_RECORD_BYTES + 1))
    assert [Problem("", "is over the limit of 262,144 bytes", 2)] == details


def test_every_bad_line_is_named_with_its_number_as_sent() -> None:
    body = b'\n{"bad": 2}\r\n{}\n\n[]\n{"a": }\n{"": 1, "bad": 1}\n{"a": "\xff"}\n{}\n'
    message, details = refused(BATCH, body)
    assert (
        "5 of 7 records are invalid, so the whole batch is rejected and nothing was stored. "
        "Fix the problems named in details, and send it again."
    ) == message
    assert [
        Problem("/bad", "is bad", 2),
        Problem("/bad", "is bad", 2),
        Problem("", "must be a JSON object", 5),
        Problem("", "is not JSON: Expecting value at line 1, column 7", 6),
        Problem("/", "is an empty name", 7),
        Problem("/bad", "is bad", 7),
        Problem("", "is not JSON: not UTF-8 at byte 7", 8),
    ] == details


def test_at_most_100_problems_of_a_batch_are_reported_and_all_bad_records_counted() -> None:
    message, details = refused(BATCH, b'{"bad": 2}\n' * 999 + b"{}")
    assert message.startswith("999 of 1,000 records are invalid,")
    assert [(number // 2) + 1 for number in range(100)] == [problem.line for problem in details]


def test_without_a_key_every_id_is_new() -> None:
    all_ids = [*submission.ids(USER, None, BATCH, 50), *submission.ids(USER, None, ONE, 1)]
    assert 51 == len({*all_ids})
    assert all(ID.fullmatch(id_) for id_ in all_ids)


def test_the_same_user_and_key_give_the_same_ids(subtests: pytest.Subtests) -> None:
    for key in ("k", "!", "~", "!~" * 127 + "x", "2f5e8f5c-9a0b-4c3d-8e1f-0a1b2c3d4e5f", '"quoted"'):
        with subtests.test(key=key):
            ids, again = ([*submission.ids(USER, key, BATCH, 3), *submission.ids(USER, key, ONE, 1)] for _ in range(2))
            assert ids == again
            assert 4 == len({*ids})
            assert all(ID.fullmatch(id_) for id_ in ids)


def test_a_retry_after_an_upgrade_gives_the_same_ids() -> None:
    assert ["61a4f3d31144fc14359fe6ed0339c3eb"] == submission.ids(USER, "key", ONE, 1)
    assert ["604e7c1b9635d1a8cdee01016ecf7c11", "673675270dcadd2cba2d864a7a0abf72"] == submission.ids(
        USER, "key", BATCH, 2
    )


def test_a_batch_of_one_line_has_another_id_than_one_record() -> None:
    assert submission.ids(USER, "key", BATCH, 1) != submission.ids(USER, "key", ONE, 1)


def test_a_batch_that_grew_keeps_the_ids_of_its_first_lines() -> None:
    assert submission.ids(USER, "key", BATCH, 2) == submission.ids(USER, "key", BATCH, 3)[:2]


def test_another_user_or_key_or_line_gives_other_ids() -> None:
    users, keys = ["a", "b", "ab", "a@", "a%"], ["a", "b", "bb", "b!", "~"]
    all_ids = [id_ for user in users for key in keys for id_ in submission.ids(user, key, BATCH, 2)]
    all_ids += [id_ for user in users for key in keys for id_ in submission.ids(user, key, ONE, 1)]
    assert 3 * 25 == len({*all_ids})


@pytest.mark.parametrize("form", [ONE, BATCH], ids=["one", "batch"])
def test_an_invalid_key_is_rejected(form: submission.Form) -> None:
    keys = ["", " ", "a b", " a", "a\n", "a\t", "é", "\x7f", "\x00", "k" * 256, "\n", "alone\nx"]
    messages = {key: error_message(BadRequest, submission.ids, USER, key, form, 1) for key in keys}
    assert dict.fromkeys(keys, "The Idempotency-Key is invalid.") == messages


def test_an_invalid_key_is_named_with_its_allowed_form() -> None:
    with pytest.raises(BadRequest) as refused:
        submission.ids(USER, "two words", ONE, 1)
    fault = "must be 1 to 255 visible ASCII characters, without spaces"
    assert [Problem("Idempotency-Key", fault)] == [*refused.value.details]


def test_problems_are_bounded_for_the_whole_batch() -> None:
    message, details = refused(BATCH, b'{"bad": 60}\n' * 500)
    assert message.startswith("500 of 500 records are invalid")
    assert (100, {1, 2}) == (len(details), {problem.line for problem in details})


ENDLESS = [b"x\n" * (4 * 2**20), b"\n" * (8 * 2**20), b" " * (8 * 2**20)]


@pytest.mark.parametrize("body", ENDLESS, ids=["lines", "blank", "spaces"])
def test_a_body_of_lines_without_end_takes_no_memory_of_its_own(body: bytes) -> None:
    tracemalloc.start()
    try:
        assert "The batch" in refused(BATCH, body)[0]
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("lines", [b"{}\n" * 7, b"not json\n" * 7], ids=["valid", "invalid"])
def test_a_batch_is_charged_for_its_lines_before_they_are_checked(lines: bytes) -> None:
    charged: list[int] = []

    async def run() -> None:
        def check(_: dict[str, Any]) -> list[Problem]:
            assert [7] == charged
            return []

        with suppress(BadRequest):
            await BATCH.records(lines, CheckerInProcess(check), charged.append)

    asyncio.run(run())
    assert [7] == charged
