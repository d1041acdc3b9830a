"""Tests how RFC 3339 times are written and read."""

import re
from datetime import UTC, datetime, timedelta

from dataapi.timestamps import EARLIEST, LATEST, NotATimeError, read, written
from tests.support.functions.error_message import error_message

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def assert_read(moments: dict[str, datetime]) -> None:
    """Each text is read as its moment, in UTC."""
    times = {text: read(text) for text in moments}
    assert moments == times
    assert {UTC} == {moment.tzinfo for moment in times.values()}


def test_a_moment_comes_back_as_it_was_written() -> None:
    moments = [EARLIEST, NOON, NOON + timedelta(microseconds=1), NOON + timedelta(milliseconds=500), LATEST]
    texts = [written(moment) for moment in moments]
    assert [] == [text for text in texts if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", text)]
    assert moments == [read(text) for text in texts]


def test_what_rfc_3339_allows_is_read() -> None:
    noon = ["2026-01-31T12:00:00Z", "2026-01-31t12:00:00z", "2026-01-31T12:00:00+00:00", "2026-01-31T12:00:00-00:00"]
    elsewhere = ["2026-02-01T11:59:00+23:59", "2026-01-30T12:01:00-23:59", "2026-01-31T08:30:00-03:30"]
    leap_seconds = ["2026-01-31T11:59:60Z", "2026-01-31T17:29:60+05:30"]
    assert_read(
        {
            **dict.fromkeys([*noon, *elsewhere, *leap_seconds], NOON),
            "2024-02-29T00:00:00Z": datetime(2024, 2, 29, tzinfo=UTC),
            "2016-12-31T23:59:60.5Z": datetime(2017, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC),
            "0001-01-01T00:00:00Z": EARLIEST,
            "9999-12-31T23:59:59.999999Z": LATEST,
        }
    )


def test_nanoseconds_and_finer_are_rounded_up() -> None:
    micros = {
        "5": 500_000,
        "000001": 1,
        "0000010": 1,
        "000001000": 1,
        "000001001": 2,
        "0000000001": 1,
        "999999001": 1_000_000,
        "1" + "0" * 29: 100_000,
        "1" + "0" * 28 + "1": 100_001,
        "0" * 5_000: 0,
    }
    assert_read(
        {
            f"2026-01-31T12:00:00.{fraction}Z": NOON + timedelta(microseconds=microseconds)
            for fraction, microseconds in micros.items()
        }
    )


def test_a_time_outside_the_years_1_to_9999_becomes_the_nearest_valid_one() -> None:
    too_early = ["0001-01-01T00:00:00+00:01", "0001-01-01T23:58:59.999999+23:59"]
    too_late = ["9999-12-31T23:59:59-00:01", "9999-12-31T00:01:00-23:59", "9999-12-31T23:59:60Z"]
    too_late += ["9999-12-31T23:59:59.9999991Z"]
    assert_read({**dict.fromkeys(too_early, EARLIEST), **dict.fromkeys(too_late, LATEST)})


def test_anything_else_is_rejected() -> None:
    incomplete = ["", "2026-01-31", "2026-01-31T12:00Z", "2026-01-31T12:00:00", "2026-01-31T12:00:00.Z"]
    written_otherwise = ["2026-01-31 12:00:00Z", "2026-01-31T12:00:00 Z", "2026-01-31T12:00:00,5Z"]
    no_times = ["2026-01-31T24:00:00Z", "2026-01-31T12:60:00Z", "2026-01-31T12:00:61Z"]
    no_days = ["2026-13-01", "2026-00-01", "2026-02-30", "2026-02-00", "2026-W05-6", "0000-01-01"]
    no_offsets = ["+24:00", "+23:60", "+1:00", "+0100", "+01", "\N{MINUS SIGN}01:00"]
    no_digits = ["202\N{ARABIC-INDIC DIGIT SIX}-01-31T12:00:00Z", "2026-01-31T12:00:00.\N{ARABIC-INDIC DIGIT FIVE}Z"]
    around = [" {}", "{}\n", "x{}", "{}x", "1{}", "+{}"]
    texts = [
        *(incomplete + written_otherwise + no_times + no_digits),
        *(f"{day}T12:00:00Z" for day in no_days),
        *(f"2026-01-31T12:00:00{offset}" for offset in no_offsets),
        *(text.format("2026-01-31T12:00:00Z") for text in around),
    ]
    assert [] == [text for text in texts if error_message(NotATimeError, read, text) is None]
