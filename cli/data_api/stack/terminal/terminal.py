"""Shows what happens in the stack: parts as they come up, log lines, sentences.

A thread of its own does the writing, so that a slow or stopped terminal delays nobody: what is more than it can
take is counted and named. In a terminal the parts are shown in a table until all are ready;
in a pipe every change is one plain line.
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

from data_api.shared.log_lines import Segments, readable

ROUND = 100  # lines written at once, then a pause: more than 500 lines a second nobody reads
PAUSE = 0.2  # seconds
ROOM = 500  # waiting lines; those beyond are not shown
LAST_WAIT = 1.0  # seconds for the terminal to take what is left at the end
STYLES = {"ready": "green", "starting": "yellow", "restarting": "bold red"}


@dataclass(frozen=True)
class _Change:
    part: str
    state: str
    detail: str


@dataclass(frozen=True)
class _Line:
    part: str
    line: bytes
    at: datetime


class _Settled:
    """All parts are up: the table is finished."""


@dataclass(frozen=True)
class _Drawn:
    lines: list[Segments]


_Item = _Change | _Line | _Settled | _Drawn | str
Draw = Callable[[list[Segments]], None]


class Terminal:
    """None of its methods waits for the terminal, but for `close`, which does so for a second at most."""

    def __init__(self, console: Console, logs: str) -> None:
        self._console = console
        self._logs = logs
        self._waiting: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._missed = 0
        self._missing = threading.Lock()
        self._closing = threading.Event()
        self._states: dict[str, tuple[str, str]] = {}
        self._live = Live(get_renderable=self._table, console=console, refresh_per_second=8)
        self._writer = threading.Thread(target=self._write, name="terminal", daemon=True)
        self._writer.start()

    def part(self, name: str, state: str, detail: str = "") -> None:
        """A part has changed."""
        self._waiting.put(_Change(name, state, detail))

    def line(self, part: str, line: bytes) -> None:
        """A part has written a line."""
        if self._waiting.qsize() < ROOM:
            self._waiting.put(_Line(part, line, datetime.now().astimezone()))
            return
        with self._missing:
            self._missed += 1

    def draw(self, lines: list[Segments]) -> None:
        """Lines that belong together; left out where there is no room, for what they show is kept elsewhere."""
        if self._waiting.qsize() < ROOM:
            self._waiting.put(_Drawn(lines))

    def settle(self) -> None:
        """The table of parts is finished; from now on changes are lines."""
        self._waiting.put(_Settled())

    def say(self, text: str) -> None:
        """A sentence, or several lines that can be copied as they are."""
        self._waiting.put(text)

    def close(self) -> None:
        """Writes what is waiting, if the terminal takes it."""
        self._closing.set()
        self._waiting.put(None)
        self._writer.join(LAST_WAIT)

    def _write(self) -> None:
        # A terminal that is gone (rich answers a broken pipe with SystemExit) is no reason to stop the stack.
        with contextlib.suppress(OSError, ValueError, SystemExit), contextlib.ExitStack() as board:
            if self._console.is_terminal:
                board.enter_context(self._live)
            for items in self._rounds():
                for item in items:
                    self._show(item)
                self._own_up()

    def _rounds(self) -> Iterator[list[_Item]]:
        while (item := self._waiting.get()) is not None:
            items = [item]
            while len(items) < ROUND and not self._waiting.empty() and (item := self._waiting.get()) is not None:
                items.append(item)
            yield items
            if item is None:
                return
            if len(items) == ROUND:
                self._closing.wait(PAUSE)

    def _show(self, item: _Item) -> None:
        if isinstance(item, _Line):
            self._print(Text.assemble(*readable(item.part, item.line, item.at)))
        elif isinstance(item, _Change):
            self._change(item)
        elif isinstance(item, _Settled):
            self._live.stop()
        elif isinstance(item, _Drawn):
            self._print(Text("\n").join(Text.assemble(*line) for line in item.lines))
        else:
            self._print(Text(item))

    def _change(self, change: _Change) -> None:
        self._states[change.part] = (change.state, change.detail)
        if not self._live.is_started:
            style = STYLES.get(change.state, "")
            self._print(Text.assemble(f"{change.part:<9} ", (f"{change.state:<10} ", style), change.detail))

    def _own_up(self) -> None:
        with self._missing:
            missed, self._missed = self._missed, 0
        if missed:
            self._print(Text(f"… {missed} more lines are in {self._logs}", "dim"))

    def _print(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True)

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for name, (state, detail) in [*self._states.items()]:
            table.add_row(name, Text(state, STYLES.get(state, "")), detail)
        return table
