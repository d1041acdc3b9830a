"""Puts changes in the order in which they became readable, and makes the cursor after which the next page begins.

A change has two times: `changed_at`, by which it can be queried, and `committed_at`, by which it became readable.
Firestore sets `changed_at` when it receives the write and commits later, so a change with an earlier `changed_at` can
become readable after one with a later one. docs/decisions/0019-changes-in-commit-order.md shows why no change is missed
or seen twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from dataapi.records.record import Record

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The most by which a commit can be later than `changed_at`: the deadline of every write, 10 s, and 5 s in which
# Firestore may complete what it had begun when the deadline passed.
MAX_COMMIT_DELAY = timedelta(seconds=15)

Position = tuple[datetime, str]  # in the feed: the time of the commit, and the record's id for changes of one commit
_BEGIN: Position = (EPOCH, "0" * 32)


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a reader is. All changes up to `position` are known to it; none after it is older than `read_from`."""

    position: Position
    read_from: datetime  # a `changed_at`
    up_to_date_at: datetime  # when the reader last knew all changes, or knew nothing: it began


@dataclass(frozen=True, slots=True)
class Change:
    """The latest change of one record, which was stored; without `record` it was deleted."""

    id: str
    changed_at: datetime
    committed_at: datetime
    size: int  # bytes of the document
    record: Record | None = None

    @property
    def position(self) -> Position:
        """Its place in the feed."""
        return self.committed_at, self.id


class Page(NamedTuple):
    """Changes in the order of the feed, and the cursor after them."""

    changes: Sequence[Change]
    cursor: Cursor


def at_the_end(read_time: datetime) -> Cursor:
    """The cursor of a reader that begins now, by the time of a read."""
    # An id is 32 hexadecimal digits: all changes of a commit at this very time are before it.
    return Cursor((read_time, "f" * 32), read_time - MAX_COMMIT_DELAY, read_time)


class Reading:
    """Collects the results of one or more queries by `changed_at` that begin at the cursor's `read_from`.

    Keeps the first `size` changes of at most `max_bytes` together, whatever the number of results.
    """

    def __init__(self, after: Cursor | None, size: int, max_bytes: int) -> None:
        self._after = after
        self._size = size
        self._max_bytes = max_bytes
        self._kept: list[Change] = []
        self._left_out: list[Change] = []  # the first of those in the feed, and the one with the earliest changed_at
        self._read_time = EPOCH
        self._scanned_to: datetime | None = None  # the last changed_at that was read, if there may be more

    def add(self, results: Sequence[Change], read_time: datetime, *, has_more: bool) -> None:
        """Adds the results of a query, in its order, and the time at which they were read."""
        if self._read_time == EPOCH:
            self._read_time = read_time
        self._scanned_to = results[-1].changed_at if has_more else None
        begin = self._after.position if self._after else _BEGIN
        unknown = [change for change in results if change.position > begin]
        self._kept = sorted([*self._kept, *unknown], key=lambda change: change.position)
        self._leave_out()

    @property
    def page(self) -> Page | None:
        """The page, as soon as it is certain what comes first; else more results are needed."""
        ready = [change for change in self._kept if self._is_ready(change)]
        if not ready and self._scanned_to is not None:
            return None
        return Page(ready, self._cursor(ready))

    @property
    def is_early(self) -> bool:
        """Whether all that was read was committed after the first query: a new reading will have it."""
        return bool(self._kept) and not any(change.committed_at <= self._read_time for change in self._kept)

    def _is_ready(self, change: Change) -> bool:
        """Whether every change before it was read.

        What was not read yet has a `changed_at` and therefore a commit from `_scanned_to` on, or was committed after
        the first query.
        """
        is_first = self._scanned_to is None or change.committed_at < self._scanned_to
        return is_first and change.committed_at <= self._read_time

    def _cursor(self, ready: Sequence[Change]) -> Cursor:
        pending = [*self._kept[len(ready) :], *self._left_out]
        read_from = [self._read_time - MAX_COMMIT_DELAY, *(change.changed_at for change in pending)]
        if self._scanned_to is not None:
            read_from.append(self._scanned_to)
        began = self._after or Cursor(_BEGIN, EPOCH, self._read_time)
        is_up_to_date = not pending and self._scanned_to is None
        return Cursor(
            ready[-1].position if ready else began.position,
            min(read_from),
            self._read_time if is_up_to_date else began.up_to_date_at,
        )

    def _leave_out(self) -> None:
        """Drops what does not fit, and what comes after something that was dropped before."""
        first_left_out = min((change.position for change in self._left_out), default=None)
        size, kept = 0, 0
        for change in self._kept[: self._size]:
            size += change.size
            if (kept and size > self._max_bytes) or (first_left_out and change.position > first_left_out):
                break
            kept += 1
        left_out = [*self._left_out, *self._kept[kept:]]
        self._kept = self._kept[:kept]
        if left_out:
            first = min(left_out, key=lambda change: change.position)
            earliest = min(left_out, key=lambda change: change.changed_at)
            self._left_out = [replace(change, record=None) for change in (first, earliest)]
