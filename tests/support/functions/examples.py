"""Makes example users, the claims of their tokens, their records, and a trace."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from dataapi.records.record import Record
from dataapi.trace_context import Trace

NOON = datetime(2026, 1, 31, 12, 0, 0, 123457, tzinfo=UTC)
SECOND = timedelta(seconds=1)
TRACE = Trace("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", sampled=True)
GOOGLE = "https://accounts.google.com"


def new_user() -> str:
    """A user of this test only."""
    return f"{uuid4().hex}@accounts.google.com"


def claims_of(subject: str, *roles: str, **others: object) -> dict[str, object]:
    """The claims of a Google token."""
    return {"iss": GOOGLE, "sub": subject, "exp": 4_102_444_800, "Role": list(roles), **others}


def record_of(user_id: str, created_at: datetime = NOON, data: dict[str, Any] | None = None) -> Record:
    return Record(uuid4().hex, user_id, created_at, {"informationOne": "one"} if data is None else data)


def seven_records(user_id: str) -> list[Record]:
    """Four times, three of them twice, sorted from the oldest."""
    records = [record_of(user_id, NOON + half // 2 * SECOND) for half in range(7)]
    return sorted(records, key=lambda record: (record.created_at, record.id))
