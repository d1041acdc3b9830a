"""Two databases of the Firestore emulator, as the comparison of the restore drill gets them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from data_api.ops.drill.comparison import ComparisonOptions, Tally, compare
from data_api.ops.drill.documents import Database
from tests.support.servers import emulated_records

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OPTIONS = ComparisonOptions(snapshot=NOON, now=NOON + 60 * MINUTE, sample=1_000)
ADA, EVE = "ada@accounts.google.com", "%2Feve%25@securetoken.google.com%2Fproject"

Json = Any


@dataclass(frozen=True)
class DatabasePair:
    """A live database, and the copy that was restored from it."""

    live: Database
    restored: Database

    def store(self, user: str, record: str, *, only: Database | None = None, **other: Any) -> None:  # noqa: ANN401 - values of any type
        for database in [only] if only else [self.live, self.restored]:
            emulated_records.write(database, {(user, record): stored_fields(**other)})

    def store_many(self, user: str, count: int) -> list[str]:
        ids = sorted(uuid4().hex for _ in range(count))
        for database in (self.live, self.restored):
            emulated_records.write(database, {(user, id_): stored_fields() for id_ in ids})
        return ids

    def lose(self, user: str, record: str) -> None:
        emulated_records.delete(self.restored, user, record)

    def compared(self, terms: ComparisonOptions = OPTIONS) -> Tally:
        return compare(self.live, self.restored, terms, lambda _done, _users: None)


def stored_fields(created: datetime = NOON - 60 * MINUTE, persisted: datetime | None = None, data: Json = None) -> Json:
    """A record's fields."""
    return {"createdAt": created, "changedAt": persisted or created, "data": data or {}}


def new_id() -> str:
    return uuid4().hex
