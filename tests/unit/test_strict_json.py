"""What is read as JSON, and that nothing looser gets through, whatever the bytes."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataapi.strict_json import NotJsonError, parse

few = settings(max_examples=50, deadline=None)

# Characters that JSON escapes, that UTF-8 writes in one to four bytes, that part lines, that look like syntax.
texts = st.text('aZ0 "\\/\b\n\t\x00\x1f\x7f{}[]:,é€\u2028\ufeff\U0001f600', max_size=6)
numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
TOKENS = [
    *rb'{ } [ ] , : null true NaN -Infinity "a" "a": "\ud83d \ude00" " \ 0 - .5 1e400'.split(),
    *(b" ", b"\n", b"\xff", b"\xef\xbb\xbf", b"9" * 5_000),
]


def refusal(raw: bytes) -> str:
    with pytest.raises(NotJsonError) as refused:
        parse(raw)
    return str(refused.value)


@few
@given(value=values, ascii_only=st.booleans())
def test_what_json_writes_comes_back_with_the_same_values_and_types(value: object, *, ascii_only: bool) -> None:
    raw = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert repr(value) == repr(parse(raw))


@few
@given(st.binary(max_size=20) | st.lists(st.sampled_from(TOKENS), max_size=8).map(b"".join))
def test_any_bytes_are_refused_or_can_be_written_again_as_they_were_read(raw: bytes) -> None:
    try:
        value = parse(raw)
    except NotJsonError:
        return
    assert repr(value) == repr(parse(json.dumps(value, allow_nan=False).encode()))


@pytest.mark.parametrize(
    "text",
    [
        *("", " \n", "{", "[1,]", '{"a"}', '{"a":1,}', "{'a':1}", "nul", "True", "/* */ 1", "\xa0{}"),
        *('"open', '"\x01"', '"\n"', r'"\x41"', r'"\u12"', "1,", "{}x", "{}{}", "{} {}"),
        *("01", "+1", ".5", "1.", "1e", "0x1", "\N{ARABIC-INDIC DIGIT ONE}"),
    ],
)
def test_malformed_text_is_refused_with_its_place(text: str) -> None:
    assert re.fullmatch(r".+ at line [12], column \d+", refusal(text.encode()))


def test_a_refusal_names_line_and_column_and_quotes_nothing() -> None:
    message = refusal(b'{"a": "secret",\n "b": secret}')
    assert "Expecting value at line 2, column 7" == message


@pytest.mark.parametrize(
    ("raw", "place"),
    [(b'"\xff"', 1), (b'{"a": "\xc0\xaf"}', 7), (b'"\xed\xa0\x80"', 1), ('"é"'.encode("latin-1"), 1)],
    ids=["no start byte", "overlong", "a surrogate", "Latin-1"],
)
def test_what_is_not_utf_8_is_refused_with_the_byte(raw: bytes, place: int) -> None:
    assert f"not UTF-8 at byte {place}" == refusal(raw)


def test_a_byte_order_mark_is_refused() -> None:
    assert "BOM" in refusal(b"\xef\xbb\xbf{}")


@pytest.mark.parametrize("name", ["NaN", "Infinity", "-Infinity"])
def test_what_json_has_no_number_for_is_refused(name: str) -> None:
    assert f"{name} is not JSON" == refusal(f'{{"a": [{name}]}}'.encode())


@pytest.mark.parametrize("number", [b"1e400", b"-1e400", b"1E+309", b"9" * 400 + b".0"])
def test_a_number_beyond_a_double_is_refused(number: bytes) -> None:
    assert "a number is beyond the range of a double" == refusal(b"[" + number + b"]")


def test_the_greatest_double_is_read() -> None:
    assert -1.7976931348623157e308 == parse(b"-1.7976931348623157e308")


def test_an_integer_of_5000_digits_is_refused() -> None:
    assert "an integer has too many digits" == refusal(b'{"a": ' + b"9" * 5_000 + b"}")


@pytest.mark.parametrize(
    "raw",
    [rb'"\ud800"', rb'"\uDFFF"', rb'"\udc00\ud800"', rb'"\ud83d \ude00"', rb'{"\ud800": 1}', rb'[{"a": ["\udead"]}]'],
)
def test_half_of_a_surrogate_pair_is_refused(raw: bytes) -> None:
    assert "a \\u escape is half of a surrogate pair" == refusal(raw)


@pytest.mark.parametrize(
    ("raw", "text"), [(rb'"\ud83d\ude00"', "\U0001f600"), (rb'"\\ud800"', r"\ud800"), (rb'"\u00e9"', "é")]
)
def test_whole_pairs_and_what_only_looks_like_an_escape_are_read(raw: bytes, text: str) -> None:
    assert text == parse(raw)


@pytest.mark.parametrize(
    "raw",
    [b'{"a": 1, "a": 1}', b'{"b": [{"a": 1, "c": 2, "a": 3}]}', rb'{"a": 1, "\u0061": 2}', b'{"": 1, "": 2}'],
)
def test_a_name_that_repeats_in_one_object_is_refused(raw: bytes) -> None:
    assert "a name stands twice in one object" == refusal(raw)


def test_a_name_may_repeat_in_another_object() -> None:
    assert {"a": {"a": 1}, "A": [{"a": 1}, {"a": 1}]} == parse(b'{"a": {"a": 1}, "A": [{"a": 1}, {"a": 1}]}')


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b"[" * 100_000 + rb'"\u0061"' + b"]" * 100_000,
    ],
    ids=["arrays", "objects", "closed", "around an escape"],
)
def test_100_000_brackets_are_refused(raw: bytes) -> None:
    assert "nested too deep to be read" == refusal(raw)
