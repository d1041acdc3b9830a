"""Tests that JSON is parsed strictly."""

import json
import re
from collections.abc import Iterable

from dataapi.strict_json import NotJsonError, parse
from tests.support.functions.error_message import error_message


def error_messages(raws: Iterable[bytes]) -> dict[bytes, str | None]:
    return {raw: error_message(NotJsonError, parse, raw) for raw in raws}


def test_what_json_writes_comes_back_with_the_same_values_and_types() -> None:
    numbers = [0, 1, -(2**63), 2**63 - 1, 1.0, -0.0, 5e-324, 1.7976931348623157e308]
    values: list[object] = [None, True, False, "", [], {}, [[1.0, 1]], *numbers]
    texts = 'aZ0 "\\/\b\n\t\x00\x1f\x7f{}[]:,é€\u2028\ufeff\U0001f600'
    everything = [*values, texts, {texts: {"": values}}]
    for ascii_only in (True, False):
        raw = json.dumps(everything, ensure_ascii=ascii_only).encode()
        assert repr(everything) == repr(parse(raw))


def test_malformed_text_is_rejected_with_its_position() -> None:
    texts = [
        *("", " \n", "{", "[1,]", '{"a"}', '{"a":1,}', "{'a':1}", "nul", "True", "/* */ 1", "\xa0{}"),
        *('"open', '"\x01"', '"\n"', r'"\x41"', r'"\u12"', "1,", "{}x", "{}{}", "{} {}"),
        *("01", "+1", ".5", "1.", "1e", "0x1", "\N{ARABIC-INDIC DIGIT ONE}"),
    ]
    messages = error_messages(text.encode() for text in texts)
    assert {} == {
        raw: message
        for raw, message in messages.items()
        if not re.fullmatch(r".+ at line [12], column \d+", message or "")
    }


def test_an_error_names_line_and_column_and_quotes_nothing() -> None:
    message = error_message(NotJsonError, parse, b'{"a": "secret",\n "b": secret}')
    assert "Expecting value at line 2, column 7" == message


def test_invalid_utf_8_is_rejected_with_its_byte() -> None:
    no_start_byte, overlong, surrogate, latin = b'"\xff"', b'{"a": "\xc0\xaf"}', b'"\xed\xa0\x80"', b'"\xe9"'
    places = {no_start_byte: 1, overlong: 7, surrogate: 1, latin: 1}
    assert {raw: f"not UTF-8 at byte {place}" for raw, place in places.items()} == error_messages(places)


def test_a_byte_order_mark_is_rejected() -> None:
    assert "BOM" in (error_message(NotJsonError, parse, b"\xef\xbb\xbf{}") or "")


def test_nan_and_infinity_are_rejected() -> None:
    names = ["NaN", "Infinity", "-Infinity"]
    messages = [error_message(NotJsonError, parse, f'{{"a": [{name}]}}'.encode()) for name in names]
    assert [f"{name} is not JSON" for name in names] == messages


def test_a_number_beyond_a_double_is_rejected() -> None:
    raws = [b"[%b]" % number for number in (b"1e400", b"-1e400", b"1E+309", b"9" * 400 + b".0")]
    assert dict.fromkeys(raws, "a number is beyond the range of a double") == error_messages(raws)


def test_the_greatest_double_is_read() -> None:
    assert -1.7976931348623157e308 == parse(b"-1.7976931348623157e308")


def test_an_integer_of_5000_digits_is_rejected() -> None:
    assert "an integer has too many digits" == error_message(NotJsonError, parse, b'{"a": ' + b"9" * 5_000 + b"}")


def test_half_of_a_surrogate_pair_is_rejected() -> None:
    texts = [rb'"\ud800"', rb'"\uDFFF"', rb'"\udc00\ud800"', rb'"\ud83d \ude00"']
    raws = [*texts, rb'{"\ud800": 1}', rb'[{"a": ["\udead"]}]']
    assert dict.fromkeys(raws, "a \\u escape is half of a surrogate pair") == error_messages(raws)


def test_whole_pairs_and_what_only_looks_like_an_escape_are_read() -> None:
    texts = {rb'"\ud83d\ude00"': "\U0001f600", rb'"\\ud800"': r"\ud800", rb'"\u00e9"': "é"}
    assert texts == {raw: parse(raw) for raw in texts}


def test_a_name_that_repeats_in_one_object_is_rejected() -> None:
    raws = [b'{"a": 1, "a": 1}', b'{"b": [{"a": 1, "c": 2, "a": 3}]}', rb'{"a": 1, "\u0061": 2}', b'{"": 1, "": 2}']
    assert dict.fromkeys(raws, "an object has a duplicate name") == error_messages(raws)


def test_a_name_may_repeat_in_another_object() -> None:
    assert {"a": {"a": 1}, "A": [{"a": 1}, {"a": 1}]} == parse(b'{"a": {"a": 1}, "A": [{"a": 1}, {"a": 1}]}')


def test_100_000_brackets_are_rejected() -> None:
    opened, closed = b"[" * 100_000, b"]" * 100_000
    raws = [opened, b'{"a":' * 100_000, opened + closed, opened + rb'"\u0061"' + closed]
    assert ["nested too deep to be read"] * 4 == [error_message(NotJsonError, parse, raw) for raw in raws]
