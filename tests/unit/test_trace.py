"""How a trace is carried on: the W3C header, Google's older one, and a new trace where neither can be read."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataapi import trace
from dataapi.trace import Trace

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
KNOWN = f"00-{TRACE}-{SPAN}-01"


def is_new(found: Trace) -> bool:
    well_formed = re.fullmatch("[0-9a-f]{32}", found.trace_id) and re.fullmatch("[0-9a-f]{16}", found.span_id)
    return bool(well_formed) and found.trace_id != TRACE and found.span_id != SPAN and not found.sampled


@settings(max_examples=50, deadline=None)
@given(trace_id=st.integers(1, 2**128 - 1), span_id=st.integers(1, 2**64 - 1), sampled=st.booleans())
def test_a_trace_comes_back_from_the_header_it_is_written_as(trace_id: int, span_id: int, *, sampled: bool) -> None:
    written = Trace(f"{trace_id:032x}", f"{span_id:016x}", sampled)
    assert written == trace.read({"traceparent": written.traceparent()})


def test_the_header_is_in_w3c_form() -> None:
    assert KNOWN == Trace(TRACE, SPAN, sampled=True).traceparent()
    assert f"00-{TRACE}-{SPAN}-00" == Trace(TRACE, SPAN, sampled=False).traceparent()


@pytest.mark.parametrize(
    ("flags", "sampled"), [("00", False), ("01", True), ("02", False), ("03", True), ("fe", False), ("ff", True)]
)
def test_of_the_flags_the_lowest_bit_counts(flags: str, *, sampled: bool) -> None:
    assert Trace(TRACE, SPAN, sampled) == trace.read({"traceparent": f"00-{TRACE}-{SPAN}-{flags}"})


@pytest.mark.parametrize(
    "header", [f"cc-{TRACE}-{SPAN}-01", f"cc-{TRACE}-{SPAN}-01-what-the-future", f"01-{TRACE}-{SPAN}-01-"]
)
def test_later_versions_are_read_as_far_as_they_are_known(header: str) -> None:
    assert Trace(TRACE, SPAN, sampled=True) == trace.read({"traceparent": header})


@pytest.mark.parametrize(
    "header",
    [
        "",
        "00",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE}-{SPAN}-0g",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE[1:]}-{SPAN}-01",
        f"00-{TRACE}0-{SPAN}-01",
        f"00-{TRACE}-{SPAN[1:]}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"0-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01x",
        f"cc-{TRACE}-{SPAN}-01.what",
        f" 00-{TRACE}-{SPAN}-01",
        f"00_{TRACE}_{SPAN}_01",
    ],
)
def test_a_header_that_cannot_be_read_begins_a_new_trace(header: str) -> None:
    assert is_new(trace.read({"traceparent": header}))


@pytest.mark.parametrize("header", [f"ff-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-01-more"])
def test_what_the_standard_forbids_begins_a_new_trace(header: str) -> None:
    assert is_new(trace.read({"traceparent": header}))


@pytest.mark.parametrize(
    ("header", "sampled"),
    [
        (f"{TRACE}/{0xF067AA0BA902B7};o=1", True),
        (f"{TRACE}/{0xF067AA0BA902B7};o=0", False),
        (f"{TRACE}/{0xF067AA0BA902B7}", False),
        (f"{TRACE.upper()}/{0xF067AA0BA902B7};O=1", True),
    ],
)
def test_googles_older_header_is_read_with_its_decimal_span(header: str, *, sampled: bool) -> None:
    assert Trace(TRACE, SPAN, sampled) == trace.read({"x-cloud-trace-context": header})


def test_the_greatest_span_of_googles_header_is_read() -> None:
    found = trace.read({"x-cloud-trace-context": f"{TRACE}/{2**64 - 1}"})
    assert Trace(TRACE, "f" * 16, sampled=False) == found


@pytest.mark.parametrize("rest", ["", ";o=1", "/0", "/0;o=1", f"/{2**64};o=1"])
def test_a_trace_without_a_span_gets_one(rest: str) -> None:
    found = trace.read({"x-cloud-trace-context": TRACE + rest})
    assert (TRACE, "o=1" in rest) == (found.trace_id, found.sampled)
    assert re.fullmatch("(?!0{16})[0-9a-f]{16}", found.span_id)
    assert found.span_id != trace.read({"x-cloud-trace-context": TRACE + rest}).span_id


@pytest.mark.parametrize(
    "header",
    [
        "",
        "x",
        TRACE[1:],
        f"{'0' * 32}/1;o=1",
        f"{TRACE}/",
        f"{TRACE}/x",
        f"{TRACE}/{'9' * 21}",
        f"{TRACE}/1;o=2",
        f"{TRACE}/1;",
    ],
)
def test_a_header_of_google_that_cannot_be_read_begins_a_new_trace(header: str) -> None:
    assert is_new(trace.read({"x-cloud-trace-context": header}))


def test_the_w3c_header_goes_before_googles() -> None:
    both = {"traceparent": KNOWN, "x-cloud-trace-context": f"{'a' * 32}/7;o=0"}
    assert Trace(TRACE, SPAN, sampled=True) == trace.read(both)


def test_googles_header_stands_in_for_a_w3c_header_that_cannot_be_read() -> None:
    both = {"traceparent": "00-x", "x-cloud-trace-context": f"{TRACE}/7;o=1"}
    assert Trace(TRACE, "0" * 15 + "7", sampled=True) == trace.read(both)


def test_each_new_trace_is_another() -> None:
    first, second = trace.read({}), trace.read({})
    assert is_new(first)
    assert first.trace_id != second.trace_id
    assert first.span_id != second.span_id
