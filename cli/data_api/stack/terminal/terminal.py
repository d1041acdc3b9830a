"""Shows the events of the stack: states of processes, log lines, messages.

A separate thread writes, so that a slow or stopped terminal delays nothing else. Lines that it cannot write in time are
dropped and counted. In a terminal the processes are in a table until all are ready; in a pipe every change is one line.
"""

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from data_api.shared.log_lines import Segments, formatted
from data_api.stack.terminal.line_summary import Detail, LineSummary

BATCH_SIZE = 100  # lines written at once, then a pause: nobody can read more than 500 lines a second
PAUSE = 0.2  # seconds
MAX_QUEUED = 500  # waiting lines; more are dropped
CLOSE_TIMEOUT = 1.0  # seconds to write the remaining lines at the end
STYLES = {"ready": "green", "starting": "yellow", "restarting": "bold red"}


@dataclass(frozen=True)
class _StateChange:
    process: str
    state: str
    detail: str


@dataclass(frozen=True)
class _Line:
    process: str
    line: bytes
    at: datetime


class _StartFinished:
    """All processes are ready: the table is complete."""


@dataclass(frozen=True)
class _Drawing:
    lines: list[Segments]


class _Counted:
    """Lines are counted: the writer has to show the summary in time."""


_Item = _StateChange | _Line | _StartFinished | _Drawing | _Counted | str
Draw = Callable[[list[Segments]], None]


class Terminal:
    """Its methods do not wait for the terminal, except `close`, which waits for at most a second."""

    def __init__(self, console: Console, logs: str, detail: Detail = Detail.SUMMARY) -> None:
        self._console = console
        self._logs = logs
        self._queue: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._summary = LineSummary(detail, lambda: self._queue.put(_Counted()))
        self._dropped = 0
        self._dropped_lock = threading.Lock()
        self._closing = threading.Event()
        self._states: dict[str, tuple[str, str]] = {}
        self._live = Live(get_renderable=self._table, console=console, refresh_per_second=8)
        self._writer = threading.Thread(target=self._write, name="terminal", daemon=True)
        self._writer.start()

    def show_state(self, process: str, state: str, detail: str = "") -> None:
        """Shows the new state of a process."""
        self._queue.put(_StateChange(process, state, detail))

    def line(self, process: str, line: bytes) -> None:
        """Shows a line of a process's output, or counts it."""
        if self._summary.hides(process, line):
            return
        if self._queue.qsize() < MAX_QUEUED:
            self._queue.put(_Line(process, line, datetime.now().astimezone()))
            return
        with self._dropped_lock:
            self._dropped += 1

    def draw(self, lines: list[Segments]) -> None:
        """Shows lines together, or drops all of them without counting, because their data is also stored in files."""
        if self._queue.qsize() < MAX_QUEUED:
            self._queue.put(_Drawing(lines))

    def finish_start(self) -> None:
        """Completes the table of processes; later state changes are lines."""
        self._queue.put(_StartFinished())

    def say(self, text: str) -> None:
        """Shows a message of one or more lines that can be copied."""
        self._queue.put(text)

    def close(self) -> None:
        """Writes the remaining items, if the terminal accepts them in time."""
        self._closing.set()
        self._queue.put(None)
        self._writer.join(CLOSE_TIMEOUT)

    def _write(self) -> None:
        # The stack continues if the terminal is closed (rich raises SystemExit for a broken pipe).
        with contextlib.suppress(OSError, ValueError, SystemExit), contextlib.ExitStack() as stack:
            if self._console.is_terminal:
                stack.enter_context(self._live)
            for items in self._batches():
                for item in items:
                    self._show(item)
                self._show_dropped()
            self._show_summary()

    def _next(self) -> _Item | None:
        """The next item; meanwhile the summary is shown when it is due."""
        while True:
            seconds = self._summary.seconds_left()
            with contextlib.suppress(queue.Empty):
                if seconds != 0:
                    return self._queue.get(timeout=seconds)
            self._show_summary()

    def _batches(self) -> Iterator[list[_Item]]:
        while (item := self._next()) is not None:
            items = [item]
            while len(items) < BATCH_SIZE and not self._queue.empty() and (item := self._queue.get()) is not None:
                items.append(item)
            yield items
            if item is None:
                return
            if len(items) == BATCH_SIZE:
                self._closing.wait(PAUSE)

    def _show(self, item: _Item) -> None:
        if isinstance(item, _Line):
            self._print(Text.assemble(*formatted(item.process, item.line, item.at)))
        elif isinstance(item, _StateChange):
            self._show_change(item)
        elif isinstance(item, _StartFinished):
            self._live.stop()
        elif isinstance(item, _Counted):
            return
        elif isinstance(item, _Drawing):
            self._print(Text("\n").join(Text.assemble(*line) for line in item.lines))
        else:
            self._print(Text(item))

    def _show_change(self, change: _StateChange) -> None:
        self._states[change.process] = (change.state, change.detail)
        if not self._live.is_started:
            style = STYLES.get(change.state, "")
            self._print(Text.assemble(f"{change.process:<9} ", (f"{change.state:<10} ", style), change.detail))

    def _show_summary(self) -> None:
        if summary := self._summary.take():
            self._print(Text.assemble((f"{datetime.now().astimezone():%H:%M:%S} ", "dim"), (summary, "green")))

    def _show_dropped(self) -> None:
        with self._dropped_lock:
            dropped, self._dropped = self._dropped, 0
        if dropped:
            self._print(Text(f"… {dropped} more lines are in {self._logs}", "dim"))

    def _print(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True)

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for name, (state, detail) in [*self._states.items()]:
            table.add_row(name, Text(state, STYLES.get(state, "")), detail)
        return table
