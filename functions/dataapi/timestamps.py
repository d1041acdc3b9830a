"""Writes and reads RFC 3339 times to the microsecond, which is Firestore's own precision."""

import re
from datetime import UTC, datetime, timedelta

EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)
_RFC_3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)T((?:[01]\d|2[0-3]):[0-5]\d):([0-5]\d|60)(?:\.(\d+))?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII | re.IGNORECASE,
)


class NotATimeError(ValueError):
    """The text is not an RFC 3339 time."""


def written(moment: datetime) -> str:
    """A time in UTC as text, always with six digits after the second."""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def read(text: str) -> datetime:
    """The time of an RFC 3339 text, in UTC; raises NotATimeError.

    Finer fractions are rounded up, which keeps `since` and `until` exact: no stored time lies in between. A time that
    an offset moves out of the years 1 to 9999 becomes the nearest one within.
    """
    match = _RFC_3339.fullmatch(text)
    if not match:
        raise NotATimeError
    day, minute, second, fraction, offset = match.groups(default="")
    try:
        whole = datetime.fromisoformat(f"{day}T{minute}{offset.upper()}")
    except ValueError as error:
        raise NotATimeError from error
    micros = int(fraction[:6].ljust(6, "0")) + (fraction[6:].strip("0") != "")
    try:
        return (whole + timedelta(seconds=int(second), microseconds=micros)).astimezone(UTC)
    except OverflowError:
        return EARLIEST if whole.year == EARLIEST.year else LATEST
