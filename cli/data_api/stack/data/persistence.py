"""Lets the records of a stack survive its stop: loads them at the start, stores what waits and saves them at the end.

Owns the order of these steps, their time limits, and what the user reads about them. What Pub/Sub has not delivered in
time is saved as messages, and delivered in the next run.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from http.client import HTTPException
from typing import TypeVar

from data_api.stack.data.backlog import Backlog
from data_api.stack.data.export import Export, Json
from data_api.stack.data.undelivered import Undelivered

DRAIN_LIMIT = 10.0  # seconds; what waits longer is saved as messages
PULL_LIMIT = 5.0  # seconds; all messages can be pulled at once, and a busy machine needs time for thousands
POLL_INTERVAL = 0.1  # seconds

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-")
Result = TypeVar("Result")


class Persistence:
    """The data of one run.

    With a Firestore emulator of the user there is no `export`, and with a Pub/Sub emulator of the user no
    `undelivered`: their data does not end with the stack.
    """

    def __init__(
        self,
        export: Export | None,
        undelivered: Undelivered | None,
        backlog: Backlog,
        say: Callable[[str], None],
        *,
        is_fresh: bool,
    ) -> None:
        self.backlog = backlog
        self._export = export
        self._undelivered = undelivered
        self._say = say
        self._is_fresh = is_fresh
        self._is_loaded = False
        self._messages: list[Json] = []

    async def load(self) -> None:
        """Imports what the last run kept. Before that nothing is saved: it would replace the records by none."""
        if self._export and not self._is_fresh and (sentence := await asyncio.to_thread(self._export.load)):
            self._say(sentence)
            await self._deliver(self._export.messages())
        self._is_loaded = True

    async def drain(self, stop: asyncio.Event) -> None:
        """Waits until all accepted records are stored, a time limit, or another stop signal; then takes the others."""
        if not self._undelivered or not self._is_loaded or not (size := self.backlog.size()):
            return
        self._say(f"Waiting up to {DRAIN_LIMIT:.0f} s until {_records(size)} stored (Ctrl-C skips this) …")
        await _first(self.backlog.wait_until_empty(), stop, DRAIN_LIMIT)
        if self.backlog.size() and self._export:
            await _first(self._take(self._undelivered), stop, PULL_LIMIT)
        if self._messages:
            self._say(f"{_records(len(self._messages))} not stored yet and will be after the next start.")
        if (lost := self.backlog.size() - len(self._messages)) > 0:
            self._say(
                f"{_records(lost)} accepted but not stored, and lost: Pub/Sub did not return the message in time."
            )

    async def save(self, stop: asyncio.Event) -> None:
        """Exports the records once; another stop signal ends the wait, and leaves what was kept before."""
        if not self._export or not self._is_loaded:
            return
        self._is_loaded = False
        saving = asyncio.to_thread(self._export.save, self._messages)
        self._say(await _first(saving, stop, None) or "Interrupted: the records of this run are not kept.")

    async def _take(self, undelivered: Undelivered) -> None:
        """Pulls messages until there is one for each record that waits."""
        try:
            await asyncio.to_thread(undelivered.stop_pushes)
            while len(self._messages) < self.backlog.size():
                number = await asyncio.to_thread(self._pull, undelivered)
                await asyncio.sleep(0 if number else POLL_INTERVAL)
        except (OSError, ValueError, HTTPException) as error:
            self._say(f"The messages in Pub/Sub cannot be read ({error}).")

    def _pull(self, undelivered: Undelivered) -> int:
        """Called in a thread, which a time limit does not interrupt: what was pulled must not be dropped."""
        messages = undelivered.pull()
        self._messages += messages
        return len(messages)

    async def _deliver(self, messages: list[Json]) -> None:
        """Publishes the messages of the last run. If that fails they are kept for the next start."""
        if not messages or not self._undelivered:
            self._messages = messages
            return
        try:
            await asyncio.to_thread(self._undelivered.publish, messages)
        except (OSError, ValueError, HTTPException) as error:
            self._messages = messages
            self._say(f"{_records(len(messages))} not stored yet, and cannot be delivered now ({error}).")
            return
        for message in messages:
            if traceparent := _TRACEPARENT.match(str(message["message"].get("attributes", {}).get("traceparent"))):
                self.backlog.expect(traceparent[1])
        self._say(f"{_records(len(messages))} stored now that the last run had accepted but not stored.")


async def _first(work: Awaitable[Result], stop: asyncio.Event, limit: float | None) -> Result | None:
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
