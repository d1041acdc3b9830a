"""Decides which lines of the functions are shown, and counts those that are not.

A person reads a few lines a second. When more arrive, their number by event is shown once a second instead. Problems
are always shown, and the logs have all lines.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from enum import Enum, auto

from data_api.shared.log_lines import structured_fields
from data_api.shared.printable import printable

MANY = 20  # lines in a period; if there are more, they are counted until a period has fewer
PERIOD = 1.0  # seconds
_NO_PROBLEM = {"DEFAULT", "DEBUG", "INFO", "NOTICE"}


class Detail(Enum):
    """Which lines the user wants to see."""

    QUIET = auto()  # only problems
    SUMMARY = auto()  # numbers instead of many lines
    VERBOSE = auto()  # every line


class LineSummary:
    """The lines of the last period. One thread hands in lines, another one takes the summary.

    `wake` is called when there is something to take; it must not block.
    """

    def __init__(self, detail: Detail, wake: Callable[[], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._detail = detail
        self._wake = wake
        self._clock = clock
        self._lock = threading.Lock()
        self._start = clock()
        self._lines = 0
        self._are_many = False
        self._counts: Counter[tuple[str, str]] = Counter()  # by process and event

    def hides(self, process: str, line: bytes) -> bool:
        """Whether the line is not to be shown; then it is counted, unless the user wants only problems."""
        if self._detail is Detail.VERBOSE:
            return False
        fields = structured_fields(line.decode(errors="replace"))
        if fields is None or fields.get("severity", "DEFAULT") not in _NO_PROBLEM:
            return False
        if self._detail is Detail.QUIET:
            return True
        with self._lock:
            self._begin_period()
            self._lines += 1
            self._are_many = self._are_many or self._lines > MANY
            if self._are_many:
                if not self._counts:
                    self._wake()
                records = fields.get("records")
                self._counts[process, str(fields["message"])] += records if isinstance(records, int) else 1
            return self._are_many

    def seconds_left(self) -> float | None:
        """Seconds until the summary is due; None if nothing has been counted."""
        with self._lock:
            return max(0.0, self._start + PERIOD - self._clock()) if self._counts else None

    def take(self) -> str:
        """What has been counted since the last call, as in "generate 812 accepted · persist 800 stored"."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        return " · ".join(f"{process} {count:,} {printable(event)}" for (process, event), count in counts.items())

    def _begin_period(self) -> None:
        now = self._clock()
        if now - self._start >= PERIOD:
            self._are_many = self._lines > MANY and now - self._start < 2 * PERIOD
            self._start, self._lines = now, 0
