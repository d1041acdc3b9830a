"""Parses the query for changes, writes cursors as text, and gives a change its JSON form.

A cursor is a position among the caller's own changes: it gives access to no other user's, so it needs no signature.
"""

import base64
import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dataapi import timestamps
from dataapi.errors import Gone
from dataapi.http import query_parameters
from dataapi.records import pagination, record
from dataapi.records.change_order import EPOCH, Change, Cursor

# How long a deleted record's place is kept (infra/deployment/components/database.py): longer than anything that could
# bring the record back, or that could be read in its place.
TOMBSTONE_LIFETIME = timedelta(days=120)
MAX_WAIT = 30  # seconds; far below the deadline of 45 that openapi.yaml gives the gateway for it
LATEST = "latest"
_FORM = struct.Struct(">BBQ16sQQ")  # version, zero; three times in microseconds, and behind the first of them the id
_VERSION = 1
_TOKEN = re.compile(r"[A-Za-z0-9_-]{56}")
_MICROSECOND = timedelta(microseconds=1)
_MAX_MICROS = (timestamps.LATEST - EPOCH) // _MICROSECOND


@dataclass(frozen=True, slots=True)
class ChangesQuery:
    """Which changes to show: those after a cursor, or all; or none, to learn where they end now."""

    size: int = pagination.DEFAULT_SIZE
    after: Cursor | None = None
    from_now_on: bool = False


def parse_query(parameters: Sequence[tuple[str, str]]) -> ChangesQuery:
    """Parses the parameters of a URL; raises BadRequest that names each one that is invalid or unknown."""
    fields = query_parameters.parse(parameters, _PARAMETERS)
    after = fields.get("cursor")
    return ChangesQuery(
        size=fields.get("pageSize", pagination.DEFAULT_SIZE),
        after=None if after == LATEST else after,
        from_now_on=after == LATEST,
    )


def check_age(cursor: Cursor, now: datetime) -> None:
    """Raises Gone if deletions that its reader does not know may have been forgotten."""
    if now - cursor.up_to_date_at > TOMBSTONE_LIFETIME:
        raise Gone.expired_cursor(TOMBSTONE_LIFETIME.days)


def cursor_text(cursor: Cursor) -> str:
    """The cursor as a client gets it."""
    committed_at, id_ = cursor.position
    times = _micros(committed_at), _micros(cursor.read_from), _micros(cursor.up_to_date_at)
    packed = _FORM.pack(_VERSION, 0, times[0], bytes.fromhex(id_), *times[1:])
    return base64.urlsafe_b64encode(packed).decode()


def public(change: Change) -> dict[str, Any]:
    """What an answer contains of a change."""
    if change.record is None:
        return {"id": change.id, "change": "deleted"}
    return {"id": change.id, "change": "stored", "record": record.public(change.record)}


def _micros(moment: datetime) -> int:
    return (moment - EPOCH) // _MICROSECOND


def _moment(micros: int) -> datetime:
    return EPOCH + min(micros, _MAX_MICROS) * _MICROSECOND


def _cursor(text: str) -> Cursor | str:
    if text == LATEST:
        return LATEST
    raw = base64.urlsafe_b64decode(text) if _TOKEN.fullmatch(text) else bytes(_FORM.size)
    version, _, committed_at, id_, read_from, up_to_date_at = _FORM.unpack(raw)
    if version != _VERSION:
        raise ValueError(f"must be the nextCursor of an earlier answer, or {LATEST}")
    return Cursor((_moment(committed_at), id_.hex()), _moment(read_from), _moment(up_to_date_at))


_PARAMETERS: dict[str, Callable[[str], Any]] = {"cursor": _cursor, "pageSize": pagination.page_size}
