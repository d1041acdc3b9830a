"""Reads a moment for the options --since and --until: how long ago, a date, or a time.

What has no zone is local time, as in the clock of the person who types it.
"""

import re
from datetime import UTC, datetime, time, timedelta

import click

_AGO = re.compile(r"(\d{1,6})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_CLOCK = re.compile(r"\d\d:\d\d(:\d\d)?")


def since_of(_context: click.Context, _option: click.Parameter, text: str | None) -> datetime | None:
    """The moment that a text names, in UTC; raises BadParameter."""
    if text is None:
        return None
    try:
        return _moment(text, datetime.now(UTC))
    except (ValueError, OverflowError, OSError):  # the last two for a time beyond the calendar
        raise click.BadParameter(
            "give how long ago (30m, 12h, 7d), a date (2026-01-31), or a time (12:00, 2026-01-31T12:00, "
            "2026-01-31T12:00Z); without a zone it is local time."
        ) from None


def _moment(text: str, now: datetime) -> datetime:
    """Raises ValueError, and OverflowError or OSError for a time beyond the calendar."""
    if match := _AGO.fullmatch(text):
        return now - timedelta(**{_UNITS[match[2]]: int(match[1])})
    if _CLOCK.fullmatch(text):
        return datetime.combine(now.astimezone().date(), time.fromisoformat(text)).astimezone(UTC)
    return datetime.fromisoformat(text).astimezone(UTC)
