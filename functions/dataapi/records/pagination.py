"""Parses the query for a list of records, and makes the token and link of the next page.

A page token is a position among the caller's own records: it gives access to no other user's, so it needs no signature.
"""

import base64
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from dataapi import timestamps
from dataapi.errors import MAX_PROBLEMS, BadRequest, Problem
from dataapi.http import query_parameters
from dataapi.records.record import Record

DEFAULT_SIZE = 50
MAX_SIZE = 500
# A page ends before it exceeds this, whatever its size: an instance answers 80 requests at once in 512 MiB of memory.
MAX_PAGE_BYTES = 2**20  # of the stored documents
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")  # base64url of 24 bytes: 8 of microseconds since the epoch, 16 of the id


@dataclass(frozen=True, slots=True)
class Cursor:
    """The record after which a page begins."""

    created_at: datetime
    id: str


@dataclass(frozen=True, slots=True)
class Query:
    """Which of the caller's records to list. `since` is included, `until` is not."""

    size: int = DEFAULT_SIZE
    newest_first: bool = True
    since: datetime | None = None
    until: datetime | None = None
    after: Cursor | None = None


class Page(NamedTuple):
    """Records in the order of a query, and whether there are more."""

    records: Sequence[Record]
    has_more: bool


def parse_query(parameters: Sequence[tuple[str, str]]) -> Query:
    """Parses the parameters of a URL; raises BadRequest that names each one that is invalid or unknown."""
    fields, problems = query_parameters.read(parameters, _PARAMETERS)
    since, until = fields.get("since"), fields.get("until")
    if since and until and until <= since:
        problems.append(Problem("until", "must be later than since"))
    if problems:
        raise BadRequest(query_parameters.QUERY_INVALID, problems[:MAX_PROBLEMS])
    return Query(
        size=fields.get("pageSize", DEFAULT_SIZE),
        newest_first=fields.get("order", True),
        since=since,
        until=until,
        after=fields.get("pageToken"),
    )


def page_token(last: Record) -> str:
    """The token of the page after `last`."""
    micros = (last.created_at - _EPOCH) // _MICROSECOND
    return base64.urlsafe_b64encode(micros.to_bytes(8) + bytes.fromhex(last.id)).decode()


def next_link(path: str, parameters: Sequence[tuple[str, str]], next_token: str) -> str:
    """The Link header (RFC 8288) of the next page of the same query."""
    filters = [(name, text) for name, text in parameters if name in _PARAMETERS and name != "pageToken"]
    return f'<{path}?{urlencode([*filters, ("pageToken", next_token)])}>; rel="next"'


def page_size(text: str) -> int:
    """The value of the parameter pageSize; raises ValueError."""
    if not (re.fullmatch(r"[0-9]{1,9}", text) and 1 <= int(text) <= MAX_SIZE):
        raise ValueError(f"must be a whole number from 1 to {MAX_SIZE}")
    return int(text)


def _newest_first(text: str) -> bool:
    if text not in ("asc", "desc"):
        raise ValueError("must be desc (newest first) or asc")
    return text == "desc"


def _time(text: str) -> datetime:
    try:
        return timestamps.read(text)
    except timestamps.NotATimeError:
        raise ValueError("must be an RFC 3339 time, such as 2026-01-31T12:00:00Z (write + as %2B)") from None


def _after(text: str) -> Cursor:
    if not _TOKEN.fullmatch(text):
        raise ValueError("must be the nextPageToken of an earlier answer")
    raw = base64.urlsafe_b64decode(text)
    micros = min(int.from_bytes(raw[:8]), (timestamps.LATEST - _EPOCH) // _MICROSECOND)
    return Cursor(_EPOCH + micros * _MICROSECOND, raw[8:].hex())


_PARAMETERS: dict[str, Callable[[str], Any]] = {
    "pageSize": page_size,
    "pageToken": _after,
    "since": _time,
    "until": _time,
    "order": _newest_first,
}
