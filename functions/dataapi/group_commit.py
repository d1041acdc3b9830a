"""Lets requests share RPCs: group commit, as databases do it.

Entries that arrive while an RPC is running leave together in the next one. There is no timer: an entry that finds no
RPC running is sent at once. A group that is rejected is halved until the bad entry is alone, so that it never fails its
neighbours. An entry that has waited too long fails instead of being sent late; how many may wait is bounded by
`http.admission_control`.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from dataapi.errors import Unavailable

Item = TypeVar("Item")
Result = TypeVar("Result")


class GroupRejectedError(Exception):
    """Raised by `send` when the service rejects the whole request because of something in it."""


@dataclass(frozen=True, slots=True)
class GroupLimits:
    """The most that one RPC may carry, and the longest that an entry may wait."""

    items: int
    size: int  # bytes
    wait: float  # seconds


@dataclass(slots=True, eq=False)
class _Entry(Generic[Item, Result]):
    items: Sequence[Item]
    size: int
    since: float
    done: "asyncio.Future[tuple[Sequence[Result], int]]"


class GroupCommit(Generic[Item, Result]):
    """Calls `send` with the items of many entries and hands each entry its own results, in order."""

    def __init__(self, send: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]], limits: GroupLimits) -> None:
        self._send = send
        self._limits = limits
        self._waiting: deque[_Entry[Item, Result]] = deque()
        self._sender: asyncio.Task[None] | None = None

    async def submit(self, items: Sequence[Item], size: int) -> tuple[Sequence[Result], int]:
        """Sends the items in one RPC and returns their results and the number of all items in that RPC.

        `size` is in bytes. Raises what `send` raised (GroupRejectedError only if these items alone were rejected), or
        Unavailable.
        """
        loop = asyncio.get_running_loop()
        entry = _Entry[Item, Result](items, size, loop.time(), loop.create_future())
        self._waiting.append(entry)
        if self._sender is None:
            self._sender = asyncio.create_task(self._send_all())
        return await entry.done

    async def _send_all(self) -> None:
        try:
            while group := self._next_group():
                await self._send_group(group)
        finally:
            self._sender = None

    def _next_group(self) -> list[_Entry[Item, Result]]:
        """The next group: at least one entry, whatever its size, unless all have waited too long."""
        oldest = asyncio.get_running_loop().time() - self._limits.wait
        while self._waiting and self._waiting[0].since < oldest:
            _fail([self._waiting.popleft()], Unavailable())
        group: list[_Entry[Item, Result]] = []
        items = size = 0
        while self._waiting:
            items += len(self._waiting[0].items)
            size += self._waiting[0].size
            if group and (items > self._limits.items or size > self._limits.size):
                break
            group.append(self._waiting.popleft())
        return group

    async def _send_group(self, group: Sequence[_Entry[Item, Result]]) -> None:
        items = [item for entry in group for item in entry.items]
        try:
            results = await self._send(items)
        except GroupRejectedError as error:
            if len(group) > 1:
                middle = len(group) // 2
                await self._send_group(group[:middle])
                await self._send_group(group[middle:])
                return
            _fail(group, error)
        except Exception as error:  # noqa: BLE001  whatever it is, the waiting requests must get it
            _fail(group, error)
        else:
            _hand_out(group, results)


def _hand_out(group: Sequence[_Entry[Item, Result]], results: Sequence[Result]) -> None:
    start = 0
    for entry in group:
        end = start + len(entry.items)
        if not entry.done.done():  # its request may have been cancelled
            entry.done.set_result((results[start:end], len(results)))
        start = end


def _fail(group: Sequence[_Entry[Item, Result]], error: Exception) -> None:
    for entry in group:
        if not entry.done.done():
            entry.done.set_exception(error)
