"""Tests that times are written and read without loss, all over the calendar."""

import re
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from math import ceil

from hypothesis import given, settings
from hypothesis import strategies as st

from dataapi.timestamps import EARLIEST, LATEST, NotATimeError, read, written

INNER_YEARS = st.datetimes(
    EARLIEST.replace(year=2, tzinfo=None), LATEST.replace(year=9998, tzinfo=None), timezones=st.just(UTC)
)


@settings(deadline=None)
@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_comes_back_as_it_was_written(moment: datetime) -> None:
    text = written(moment)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", text, re.ASCII)
    assert moment == read(text)


@settings(deadline=None)
@given(INNER_YEARS, st.integers(-1439, 1439))
def test_an_offset_is_taken_into_account(moment: datetime, minutes: int) -> None:
    time = read(moment.astimezone(timezone(timedelta(minutes=minutes))).isoformat())
    assert (moment, UTC) == (time, time.tzinfo)


@settings(deadline=None)
@given(INNER_YEARS, st.text("0123456789", min_size=1, max_size=30))
def test_a_fraction_is_exact_or_rounded_up_to_the_next_microsecond(moment: datetime, digits: str) -> None:
    whole = moment.replace(microsecond=0)
    micros = ceil(Fraction(int(digits), 10 ** len(digits)) * 1_000_000)
    assert whole + timedelta(microseconds=micros) == read(f"{whole.isoformat()[:19]}.{digits}Z")


@settings(deadline=None)
@given(st.tuples(*[st.integers(0, 99)] * 5), st.sampled_from(["Z", "+00:00", "-23:59", "+24:00", "+14:60", ""]))
def test_figures_out_of_range_are_rejected_and_never_crash(figures: tuple[int, ...], offset: str) -> None:
    year, month, day, hour, minute = figures
    try:
        time = read(f"20{year:02}-{month:02}-{day:02}T{hour:02}:{minute:02}:00{offset}")
    except NotATimeError:
        return
    assert 1999 <= time.year <= 2100
    assert hour <= 23
