"""Reads the option --since: a time with its zone, or how long ago."""

import re
from datetime import UTC, datetime, timedelta

import click

_AGO = re.compile(r"(\d{1,6})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def since_of(_context: click.Context, _option: click.Parameter, text: str | None) -> datetime | None:
    """The moment that a text names; raises BadParameter."""
    if text is None:
        return None
    try:
        return _moment(text, datetime.now(UTC))
    except (ValueError, OverflowError):
        raise click.BadParameter(
            "give a time with its zone, as in 2026-01-31T12:00Z, or how long ago: 30m, 12h, 7d."
        ) from None


def _moment(text: str, now: datetime) -> datetime:
    """Raises ValueError, and OverflowError for a time before the calendar begins."""
    if match := _AGO.fullmatch(text):
        return now - timedelta(**{_UNITS[match[2]]: int(match[1])})
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.astimezone(UTC)
