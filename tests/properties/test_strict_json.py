"""Tests that what is read as JSON can be written again without loss."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from dataapi.strict_json import NotJsonError, parse

# Characters that JSON escapes, that UTF-8 writes in one to four bytes, that part lines, that look like syntax.
TEXTS = st.text('aZ0 "\\/\b\n\t\x00\x1f\x7f{}[]:,é€\u2028\ufeff\U0001f600', max_size=6)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
TOKENS = [
    *rb'{ } [ ] , : null true NaN -Infinity "a" "a": "\ud83d \ude00" " \ 0 - .5 1e400'.split(),
    *(b" ", b"\n", b"\xff", b"\xef\xbb\xbf", b"9" * 5_000),
]


@settings(deadline=None)
@given(value=VALUES, ascii_only=st.booleans())
def test_what_json_writes_comes_back_with_the_same_values_and_types(value: object, *, ascii_only: bool) -> None:
    raw = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert repr(value) == repr(parse(raw))


@settings(deadline=None)
@given(st.binary(max_size=20) | st.lists(st.sampled_from(TOKENS), max_size=8).map(b"".join))
def test_any_bytes_are_rejected_or_can_be_written_again_without_loss(raw: bytes) -> None:
    try:
        value = parse(raw)
    except NotJsonError:
        return
    assert repr(value) == repr(parse(json.dumps(value, allow_nan=False).encode()))
