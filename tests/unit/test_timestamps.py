"""How moments are written and read: RFC 3339 to the microsecond, and nothing beside it."""

import re
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataapi.timestamps import EARLIEST, LATEST, NotATimeError, read, written

few = settings(max_examples=50, deadline=None)
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
inner_years = st.datetimes(
    EARLIEST.replace(year=2, tzinfo=None), LATEST.replace(year=9998, tzinfo=None), timezones=st.just(UTC)
)


@few
@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_comes_back_as_it_was_written(moment: datetime) -> None:
    text = written(moment)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", text, re.ASCII)
    assert moment == read(text)


@few
@given(inner_years, st.integers(-1439, 1439))
def test_an_offset_is_taken_into_account(moment: datetime, minutes: int) -> None:
    found = read(moment.astimezone(timezone(timedelta(minutes=minutes))).isoformat())
    assert (moment, UTC) == (found, found.tzinfo)


@few
@given(inner_years, st.text("0123456789", min_size=1, max_size=30))
def test_a_fraction_is_exact_or_rounded_up_to_the_next_microsecond(moment: datetime, digits: str) -> None:
    whole = moment.replace(microsecond=0)
    micros = ceil(Fraction(int(digits), 10 ** len(digits)) * 1_000_000)
    assert whole + timedelta(microseconds=micros) == read(f"{whole.isoformat()[:19]}.{digits}Z")


@few
@given(st.tuples(*[st.integers(0, 99)] * 5), st.sampled_from(["Z", "+00:00", "-23:59", "+24:00", "+14:60", ""]))
def test_figures_out_of_range_are_refused_and_never_crash(figures: tuple[int, ...], offset: str) -> None:
    year, month, day, hour, minute = figures
    try:
        found = read(f"20{year:02}-{month:02}-{day:02}T{hour:02}:{minute:02}:00{offset}")
    except NotATimeError:
        return
    assert 1999 <= found.year <= 2100
    assert hour <= 23


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31T12:00:00Z", NOON),
        ("2026-01-31t12:00:00z", NOON),
        ("2026-01-31T12:00:00+00:00", NOON),
        ("2026-01-31T12:00:00-00:00", NOON),
        ("2026-02-01T11:59:00+23:59", NOON),
        ("2026-01-30T12:01:00-23:59", NOON),
        ("2026-01-31T11:59:60Z", NOON),
        ("2026-01-31T17:29:60+05:30", NOON),
        ("2024-02-29T00:00:00Z", datetime(2024, 2, 29, tzinfo=UTC)),
        ("2016-12-31T23:59:60.5Z", datetime(2017, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", EARLIEST),
        ("9999-12-31T23:59:59.999999Z", LATEST),
    ],
)
def test_what_rfc_3339_allows_is_read(text: str, moment: datetime) -> None:
    assert moment == read(text)


@pytest.mark.parametrize(
    ("fraction", "micros"),
    [
        ("5", 500_000),
        ("000001", 1),
        ("0000010", 1),
        ("000001000", 1),
        ("000001001", 2),
        ("0000000001", 1),
        ("999999001", 1_000_000),
        ("1" + "0" * 29, 100_000),
        ("1" + "0" * 28 + "1", 100_001),
        ("0" * 5_000, 0),
    ],
)
def test_nanoseconds_and_finer_are_rounded_up(fraction: str, micros: int) -> None:
    assert NOON + timedelta(microseconds=micros) == read(f"2026-01-31T12:00:00.{fraction}Z")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("0001-01-01T00:00:00+00:01", EARLIEST),
        ("0001-01-01T23:58:59.999999+23:59", EARLIEST),
        ("9999-12-31T23:59:59-00:01", LATEST),
        ("9999-12-31T00:01:00-23:59", LATEST),
        ("9999-12-31T23:59:60Z", LATEST),
        ("9999-12-31T23:59:59.9999991Z", LATEST),
    ],
)
def test_what_lies_outside_the_years_1_to_9999_becomes_the_nearest_moment_within(text: str, moment: datetime) -> None:
    assert moment == read(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-31",
        "2026-01-31T12:00Z",
        "2026-01-31T12:00:00",
        "2026-01-31 12:00:00Z",
        "2026-01-31T12:00:00 Z",
        "2026-01-31T12:00:00,5Z",
        "2026-01-31T12:00:00.Z",
        "2026-01-31T24:00:00Z",
        "2026-01-31T12:60:00Z",
        "2026-01-31T12:00:61Z",
        "2026-13-01T12:00:00Z",
        "2026-00-01T12:00:00Z",
        "2026-02-30T12:00:00Z",
        "2026-02-00T12:00:00Z",
        "2026-W05-6T12:00:00Z",
        "0000-01-01T00:00:00Z",
        "2026-01-31T12:00:00+24:00",
        "2026-01-31T12:00:00+23:60",
        "2026-01-31T12:00:00+1:00",
        "2026-01-31T12:00:00+0100",
        "2026-01-31T12:00:00+01",
        "2026-01-31T12:00:00\N{MINUS SIGN}01:00",
        "202\N{ARABIC-INDIC DIGIT SIX}-01-31T12:00:00Z",
        "2026-01-31T12:00:00.\N{ARABIC-INDIC DIGIT FIVE}Z",
        " 2026-01-31T12:00:00Z",
        "2026-01-31T12:00:00Z\n",
        "x2026-01-31T12:00:00Z",
        "2026-01-31T12:00:00Zx",
        "12026-01-31T12:00:00Z",
        "+2026-01-31T12:00:00Z",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(NotATimeError):
        read(text)
