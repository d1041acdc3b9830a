"""Follows the log: reads again and again, and gives each line once.

Owns the cursor. Cloud Logging may receive a line minutes after its event, and show it some seconds after that. So the
next read begins by the time at which lines were received, goes back a little, and leaves out the lines that were given.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from data_api.ops.logs.entries import Entry
from data_api.ops.logs.filters import all_of, received_since, since

INTERVAL = 5.0  # seconds between two reads; a project may read 60 times a minute
_OVERLAP = timedelta(minutes=1)  # between being received and being shown
_LATEST = timedelta(hours=1)  # between an event and its being received; it bounds what Cloud Logging has to search


class Cursor:
    """How far the log has been read."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._received_at: datetime | None = None  # of the newest line
        self._given: dict[tuple[str, str, str], datetime] = {}  # ids of the lines that a read may show again

    def filter(self) -> str:
        """The entries that may be new."""
        if self._received_at is None:
            return since(self._start)
        return all_of(
            since(max(self._start, self._received_at - _LATEST)), received_since(self._received_at - _OVERLAP)
        )

    def advance(self, entries: Iterable[Entry]) -> list[Entry]:
        """Those that were not given before, in the order of their events."""
        fresh = {entry.id: entry for entry in entries if entry.id not in self._given}
        self._given |= {id_: entry.received_at for id_, entry in fresh.items()}
        if self._given:
            self._received_at = max(self._given.values())
            oldest = self._received_at - _OVERLAP
            self._given = {id_: received_at for id_, received_at in self._given.items() if received_at >= oldest}
        return sorted(fresh.values(), key=lambda entry: (entry.at, entry.id))


def follow(read: Callable[[str], Iterable[Entry]], start: datetime, pause: Callable[[float], None]) -> Iterator[Entry]:
    """The lines since `start`, and those that come, without end; `read` takes a condition on times."""
    cursor = Cursor(start)
    while True:
        yield from cursor.advance(read(cursor.filter()))
        pause(INTERVAL)
