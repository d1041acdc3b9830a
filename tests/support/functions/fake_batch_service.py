"""Shares the RPCs of a service that a test watches: what `grouping` sends it, and what each who asked is told."""

import asyncio
from collections.abc import Sequence

from dataapi.group_commit import Grouped, GroupRefused, Limits

ROOMY = Limits(items=1_000, size=1_000_000, wait=10.0)
PATIENCE = 1.0  # seconds; no test waits so long, but a caller who was forgotten would wait for ever

Answer = tuple[Sequence[str], int]


class Service:
    """Answers an RPC with its items in capitals; fails for one that holds `bad` or `fault`; notes what it was sent."""

    def __init__(self) -> None:
        self.rpcs: list[list[str]] = []
        self.accepted: list[str] = []
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()  # an RPC is under way until it is set
        self.gate.set()

    async def send(self, items: Sequence[str]) -> Sequence[str]:
        self.rpcs.append(list(items))
        self.begun.set()
        await self.gate.wait()
        if any("bad" in item for item in items):
            raise GroupRefused
        if any("fault" in item for item in items):
            raise ConnectionError
        self.accepted += items
        return [item.upper() for item in items]


async def outcomes(*requests: asyncio.Task[Answer]) -> list[Answer | type[BaseException]]:
    """What each request got: its answer, or the kind of its error."""
    async with asyncio.timeout(PATIENCE):
        found = await asyncio.gather(*requests, return_exceptions=True)
    return [type(each) if isinstance(each, BaseException) else each for each in found]


async def sent(service: Service, limits: Limits, *entries: tuple[list[str], int]) -> list[Answer | type[BaseException]]:
    """The outcomes of entries (items, bytes) that come all at once."""
    grouped = Grouped(service.send, limits)
    return await outcomes(*(asyncio.create_task(grouped(items, size)) for items, size in entries))
