"""Tests how the trace of a request or a message is read and written."""

import re

from dataapi import trace_context
from dataapi.trace_context import Trace

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
KNOWN = f"00-{TRACE}-{SPAN}-01"


def is_new(trace: Trace) -> bool:
    well_formed = re.fullmatch("[0-9a-f]{32}", trace.trace_id) and re.fullmatch("[0-9a-f]{16}", trace.span_id)
    return bool(well_formed) and trace.trace_id != TRACE and trace.span_id != SPAN and not trace.sampled


def w3c(header: str) -> Trace:
    return trace_context.read({"traceparent": header})


def google(header: str) -> Trace:
    return trace_context.read({"x-cloud-trace-context": header})


def test_the_header_is_in_w3c_form() -> None:
    assert KNOWN == Trace(TRACE, SPAN, sampled=True).traceparent()
    assert f"00-{TRACE}-{SPAN}-00" == Trace(TRACE, SPAN, sampled=False).traceparent()


def test_a_trace_comes_back_from_the_header_it_is_written_as() -> None:
    ids = [("0" * 31 + "1", "0" * 15 + "1"), ("f" * 32, "f" * 16), (TRACE, SPAN)]
    traces = [Trace(*both, sampled) for both in ids for sampled in (True, False)]
    assert traces == [w3c(trace.traceparent()) for trace in traces]


def test_only_the_lowest_bit_of_the_flags_counts() -> None:
    sampled = {"00": False, "01": True, "02": False, "03": True, "fe": False, "ff": True}
    expected = {flags: Trace(TRACE, SPAN, is_sampled) for flags, is_sampled in sampled.items()}
    assert expected == {flags: w3c(f"00-{TRACE}-{SPAN}-{flags}") for flags in sampled}


def test_later_versions_are_read_as_far_as_they_are_known() -> None:
    later = [f"cc-{TRACE}-{SPAN}-01", f"cc-{TRACE}-{SPAN}-01-what-the-future", f"01-{TRACE}-{SPAN}-01-"]
    assert dict.fromkeys(later, Trace(TRACE, SPAN, sampled=True)) == {header: w3c(header) for header in later}


def test_a_header_that_cannot_be_read_begins_a_new_trace() -> None:
    cut = ["", "00", f"00-{TRACE}-{SPAN}", f"00-{TRACE}-{SPAN}-1", f"0-{TRACE}-{SPAN}-01", f"00_{TRACE}_{SPAN}_01"]
    lengths = [f"00-{TRACE[1:]}-{SPAN}-01", f"00-{TRACE}0-{SPAN}-01", f"00-{TRACE}-{SPAN[1:]}-01"]
    no_ids = [f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}-{'0' * 16}-01", f"00-{TRACE.upper()}-{SPAN}-01"]
    around = [f"00-{TRACE}-{SPAN}-01x", f"00-{TRACE}-{SPAN}-0g", f"cc-{TRACE}-{SPAN}-01.what", f" {KNOWN}"]
    assert [] == [header for header in (*cut, *lengths, *no_ids, *around) if not is_new(w3c(header))]


def test_an_invalid_traceparent_begins_a_new_trace() -> None:
    assert is_new(w3c(f"ff-{TRACE}-{SPAN}-01"))
    assert is_new(w3c(f"00-{TRACE}-{SPAN}-01-more"))


def test_googles_older_header_is_read_with_its_decimal_span() -> None:
    span = 0xF067AA0BA902B7
    for header, sampled in (
        (f"{TRACE}/{span};o=1", True),
        (f"{TRACE}/{span};o=0", False),
        (f"{TRACE}/{span}", False),
        (f"{TRACE.upper()}/{span};O=1", True),
    ):
        assert (header, Trace(TRACE, SPAN, sampled)) == (header, google(header))


def test_the_greatest_span_of_googles_header_is_read() -> None:
    assert Trace(TRACE, "f" * 16, sampled=False) == google(f"{TRACE}/{2**64 - 1}")


def test_a_trace_without_a_span_gets_one() -> None:
    for rest in ("", ";o=1", "/0", "/0;o=1", f"/{2**64};o=1"):
        trace, again = google(TRACE + rest), google(TRACE + rest)
        assert (rest, TRACE, "o=1" in rest) == (rest, trace.trace_id, trace.sampled)
        assert re.fullmatch("(?!0{16})[0-9a-f]{16}", trace.span_id)
        assert trace.span_id != again.span_id


def test_a_header_of_google_that_cannot_be_read_begins_a_new_trace() -> None:
    no_ids = ["", "x", TRACE[1:], f"{'0' * 32}/1;o=1"]
    no_spans = [f"{TRACE}/{rest}" for rest in ("", "x", "9" * 21, "1;o=2", "1;")]
    assert [] == [header for header in (*no_ids, *no_spans) if not is_new(google(header))]


def test_the_w3c_header_has_priority_over_googles() -> None:
    both = {"traceparent": KNOWN, "x-cloud-trace-context": f"{'a' * 32}/7;o=0"}
    assert Trace(TRACE, SPAN, sampled=True) == trace_context.read(both)


def test_googles_header_replaces_an_invalid_w3c_header() -> None:
    both = {"traceparent": "00-x", "x-cloud-trace-context": f"{TRACE}/7;o=1"}
    assert Trace(TRACE, "0" * 15 + "7", sampled=True) == trace_context.read(both)


def test_each_new_trace_is_another() -> None:
    first, second = trace_context.read({}), trace_context.read({})
    assert is_new(first)
    assert first.trace_id != second.trace_id
    assert first.span_id != second.span_id
