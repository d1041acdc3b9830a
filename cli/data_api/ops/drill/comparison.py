"""Compares a restored database with the live one, user by user.

Owns what counts as a difference. The live database went on after the snapshot, so a record that was stored later is
not missed; one that was on its way at that moment may be in the copy or not; and one that Firestore has deleted since,
because its time was over, is not one too many. Anything else is off.
"""

import random
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from data_api.ops.drill import documents
from data_api.ops.drill.documents import Database, Document, Slice

AT_ONCE = 8  # users that are compared side by side
SHOWN = 20  # differences that are named; of the others only the number is kept
# A write has the time at which Firestore received it, and is in a snapshot when it was done; it is given up after 10 s
# (functions/dataapi/gcp/record_store.py). What was received this long before the snapshot may therefore be
# missing in it.
ON_ITS_WAY = timedelta(seconds=10)
_USERS_AT_ONCE = 500

MISSING, CHANGED, EXTRA = "missing", "changed", "extra"


@dataclass(frozen=True, slots=True)
class Expiry:
    """When Firestore deletes a record by itself: so long after the time in this field."""

    field: str
    after: timedelta


@dataclass(frozen=True, slots=True)
class Terms:
    """What the comparison goes by."""

    snapshot: datetime  # of what moment the restored database is a copy
    now: datetime
    sample: int  # records of a user above which only about so many are read
    expiry: Expiry | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """A record that is missing in the restored database, has other content there, or is there alone."""

    kind: str
    user: str
    record: str


@dataclass(slots=True)
class Tally:
    """What has been found so far."""

    users: int = 0
    counted: int = 0  # records of the restored database that the snapshot should hold
    read: int = 0  # of the restored database, and hashed
    sampled: int = 0  # users of whom not all was read
    off: int = 0
    named: list[Difference] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Takes another's numbers in."""
        self.users += other.users
        self.counted += other.counted
        self.read += other.read
        self.sampled += other.sampled
        self.off += other.off
        self.named = [*self.named, *other.named][:SHOWN]


def compare(live: Database, restored: Database, terms: Terms, advanced: Callable[[int, int], None]) -> Tally:
    """All users of both; `advanced` hears how many of how many are done. Raises GoogleError."""
    everybody = sorted({*documents.users(live), *documents.users(restored)})
    tally = Tally()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            for start in range(0, len(everybody), _USERS_AT_ONCE):
                some = everybody[start : start + _USERS_AT_ONCE]
                for user_tally in pool.map(lambda user: of_user(live, restored, user, terms), some):
                    tally.add(user_tally)
                    advanced(tally.users, len(everybody))
        finally:
            pool.shutdown(cancel_futures=True)  # after Ctrl-C nobody waits for the rest
    return tally


def of_user(live: Database, restored: Database, user: str, terms: Terms) -> Tally:
    """Everything, if it is little or the numbers differ; else a slice of the ids, taken anew each time."""
    live_count = documents.count(live, user, terms.snapshot)
    restored_count = documents.count(restored, user, terms.snapshot)
    is_sampled = live_count == restored_count and live_count > terms.sample
    part = Slice.of(terms.sample / live_count, random.random()) if is_sampled else Slice()  # noqa: S311 - no secret
    copies = _Counted(documents.records(restored, user, part))
    off, named = 0, []
    for difference in differences(documents.records(live, user, part), copies, terms):
        off += 1
        if off <= SHOWN:
            named.append(Difference(difference[0], user, difference[1]))
    return Tally(1, restored_count, copies.count, int(is_sampled), off, named)


def differences(live: Iterator[Document], restored: Iterable[Document], terms: Terms) -> Iterator[tuple[str, str]]:
    """Kind and id of each record that is off; both come in the order of their ids."""
    original = next(live, None)
    for copy in restored:
        while original and original.id < copy.id:
            yield from _missing(original, terms)
            original = next(live, None)
        if original and original.id == copy.id:
            if original.hash != copy.hash:
                yield CHANGED, copy.id
            original = next(live, None)
        elif not _has_expired(copy, terms):
            yield EXTRA, copy.id
    while original:
        yield from _missing(original, terms)
        original = next(live, None)


def _missing(original: Document, terms: Terms) -> Iterator[tuple[str, str]]:
    stored = original.moment("persistedAt")
    if stored is None or stored <= terms.snapshot - ON_ITS_WAY:
        yield MISSING, original.id


def _has_expired(copy: Document, terms: Terms) -> bool:
    since = terms.expiry and copy.moment(terms.expiry.field)
    return bool(terms.expiry and since and since + terms.expiry.after <= terms.now)


class _Counted:
    """Counts what passes through."""

    def __init__(self, passing: Iterator[Document]) -> None:
        self._passing = passing
        self.count = 0

    def __iter__(self) -> Iterator[Document]:
        for document in self._passing:
            self.count += 1
            yield document
