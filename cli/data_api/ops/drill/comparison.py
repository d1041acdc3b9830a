"""Compares a restored database with the live one, user by user.

Owns what is a difference. The live database was changed after the snapshot, so these are not: a record that was stored
later, a record whose write was in progress at the time of the snapshot, one that its owner has deleted since, and one
that Firestore has since deleted because it expired. Everything else is a difference.
"""

import random
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from data_api.ops.drill import documents
from data_api.ops.drill.documents import Database, Document, Slice

THREADS = 8  # users that are compared at the same time
MAX_LISTED = 20  # differences in the report; the others are only counted
# A write gets the time at which Firestore received it, but it is in a snapshot only if it was finished by then. It
# times out after 10 s (functions/dataapi/gcp/record_store.py). So a record that was received up to 10 s before the
# snapshot may be missing in it.
WRITE_TIMEOUT = timedelta(seconds=10)
_BATCH_OF_USERS = 500

MISSING, CHANGED, EXTRA = "missing", "changed", "extra"


@dataclass(frozen=True, slots=True)
class Expiry:
    """When Firestore deletes a record by itself: `after` the time in this field."""

    field: str
    after: timedelta


@dataclass(frozen=True, slots=True)
class ComparisonOptions:
    """The settings of a comparison."""

    snapshot: datetime  # the time of the data in the restored database
    now: datetime
    sample: int  # of a user with more records, only about this many are read
    expiry: Expiry | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """A record that is missing in the restored database, has other content there, or exists only there."""

    kind: str
    user: str
    record: str


@dataclass(slots=True)
class Tally:
    """The numbers so far, and the first differences."""

    users: int = 0
    counted: int = 0  # records of the restored database that were created until the snapshot
    read: int = 0  # records of the restored database that were compared
    sampled: int = 0  # users of whom only a sample was read
    different: int = 0
    differences: list[Difference] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Adds the numbers of another tally."""
        self.users += other.users
        self.counted += other.counted
        self.read += other.read
        self.sampled += other.sampled
        self.different += other.different
        self.differences = [*self.differences, *other.differences][:MAX_LISTED]


def compare(
    live: Database, restored: Database, options: ComparisonOptions, progress: Callable[[int, int], None]
) -> Tally:
    """Compares all users of both databases; raises GoogleError.

    `progress` is called with the number of compared users and of all users.
    """
    users = sorted({*documents.users(live), *documents.users(restored)})
    tally = Tally()
    with ThreadPoolExecutor(THREADS) as pool:
        try:
            for start in range(0, len(users), _BATCH_OF_USERS):
                batch = users[start : start + _BATCH_OF_USERS]
                for user_tally in pool.map(lambda user: compare_user(live, restored, user, options), batch):
                    tally.add(user_tally)
                    progress(tally.users, len(users))
        finally:
            pool.shutdown(cancel_futures=True)  # after Ctrl-C the remaining users are skipped
    return tally


def compare_user(live: Database, restored: Database, user: str, options: ComparisonOptions) -> Tally:
    """Compares all records of a user if they are few or their numbers differ, else a random slice of the ids."""
    live_count = documents.count(live, user, options.snapshot)
    restored_count = documents.count(restored, user, options.snapshot)
    is_sampled = live_count == restored_count and live_count > options.sample
    ids = Slice.of(options.sample / live_count, random.random()) if is_sampled else Slice()  # noqa: S311 - no secret
    copies = _Counted(documents.records(restored, user, ids))
    count, listed = 0, []
    for kind, record in differences(documents.records(live, user, ids), copies, options):
        count += 1
        if count <= MAX_LISTED:
            listed.append(Difference(kind, user, record))
    return Tally(1, restored_count, copies.count, int(is_sampled), count, listed)


def differences(
    live: Iterator[Document], restored: Iterable[Document], options: ComparisonOptions
) -> Iterator[tuple[str, str]]:
    """Kind and id of each difference; both arguments must be in the order of their ids."""
    original = next(live, None)
    for copy in restored:
        while original and original.id < copy.id:
            yield from _missing(original, options)
            original = next(live, None)
        if original and original.id == copy.id:
            if original.hash != copy.hash and not _is_deleted_since(original, options):
                yield CHANGED, copy.id
            original = next(live, None)
        elif not _is_expired(copy, options):
            yield EXTRA, copy.id
    while original:
        yield from _missing(original, options)
        original = next(live, None)


def _missing(original: Document, options: ComparisonOptions) -> Iterator[tuple[str, str]]:
    persisted_at = original.time("changedAt")
    if persisted_at is None or persisted_at <= options.snapshot - WRITE_TIMEOUT:
        yield MISSING, original.id


def _is_deleted_since(original: Document, options: ComparisonOptions) -> bool:
    """Whether the live document is a tombstone that is younger than the snapshot."""
    deleted_at = original.time("deletedAt")
    return deleted_at is not None and deleted_at > options.snapshot - WRITE_TIMEOUT


def _is_expired(copy: Document, options: ComparisonOptions) -> bool:
    start = options.expiry and copy.time(options.expiry.field)
    return bool(options.expiry and start and start + options.expiry.after <= options.now)


class _Counted:
    """Counts the documents while they are read."""

    def __init__(self, documents: Iterator[Document]) -> None:
        self._documents = documents
        self.count = 0

    def __iter__(self) -> Iterator[Document]:
        for document in self._documents:
            self.count += 1
            yield document
