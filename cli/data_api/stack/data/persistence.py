"""Lets the records of a stack survive its stop: loads them at the start, stores what waits and saves them at the end.

Owns the order of these steps, their time limits, and what the user reads about them.
"""

import asyncio
from collections.abc import Awaitable, Callable

from data_api.stack.data.backlog import Backlog
from data_api.stack.data.export import Export

DRAIN_LIMIT = 10.0  # seconds; after that the records that wait are lost


class Persistence:
    """The data of one run.

    `export` is None if the user runs the Firestore emulator, and `drains` is False if the user runs that of Pub/Sub:
    their data does not end with the stack.
    """

    def __init__(
        self, export: Export | None, backlog: Backlog, say: Callable[[str], None], *, is_fresh: bool, drains: bool
    ) -> None:
        self.backlog = backlog
        self._export = export
        self._say = say
        self._is_fresh = is_fresh
        self._drains = drains
        self._is_loaded = False

    async def load(self) -> None:
        """Imports what the last run kept. Before that nothing is saved: it would replace the records by none."""
        if self._export and not self._is_fresh and (sentence := await asyncio.to_thread(self._export.load)):
            self._say(sentence)
        self._is_loaded = True

    async def drain(self, stop: asyncio.Event) -> None:
        """Waits until all accepted records are stored, a time limit, or another stop signal."""
        if not self._drains or not self._is_loaded or not (size := self.backlog.size()):
            return
        self._say(f"Waiting up to {DRAIN_LIMIT:.0f} s until {_records(size)} stored (Ctrl-C skips this) …")
        await _first(self.backlog.wait_until_empty(), stop, DRAIN_LIMIT)
        if size := self.backlog.size():
            self._say(f"{_records(size)} accepted but not stored: Pub/Sub's messages are not kept, so they are lost.")

    async def save(self, stop: asyncio.Event) -> None:
        """Exports the records once; another stop signal ends the wait, and leaves what was kept before."""
        if not self._export or not self._is_loaded:
            return
        self._is_loaded = False
        saving = asyncio.to_thread(self._export.save)
        self._say(await _first(saving, stop, None) or "Interrupted: the records of this run are not kept.")


async def _first(work: Awaitable[str | None], stop: asyncio.Event, limit: float | None) -> str | None:
    """The result of the work; None if the stop or the limit came first."""
    stop.clear()
    task, stopped = asyncio.ensure_future(work), asyncio.create_task(stop.wait())
    await asyncio.wait({task, stopped}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if task.done():
        return task.result()
    task.cancel()
    return None


def _records(count: int) -> str:
    return "1 record is" if count == 1 else f"{count:,} records are"
