"""A fake service whose RPCs requests share, and what each request gets of it."""

import asyncio
from collections.abc import Sequence

from dataapi.group_commit import GroupCommit, GroupLimits, GroupRejectedError

LARGE_LIMITS = GroupLimits(items=1_000, size=1_000_000, wait=10.0)
TIMEOUT = 1.0  # seconds; no test waits so long, but a forgotten request would wait for ever

Answer = tuple[Sequence[str], int]


class Service:
    """Answers an RPC with its items in capitals, fails if one contains `bad` or `error`, and records the items."""

    def __init__(self) -> None:
        self.rpcs: list[list[str]] = []
        self.accepted: list[str] = []
        self.started = asyncio.Event()
        self.gate = asyncio.Event()  # an RPC runs until it is set
        self.gate.set()

    async def send(self, items: Sequence[str]) -> Sequence[str]:
        self.rpcs.append(list(items))
        self.started.set()
        await self.gate.wait()
        if any("bad" in item for item in items):
            raise GroupRejectedError
        if any("error" in item for item in items):
            raise ConnectionError
        self.accepted += items
        return [item.upper() for item in items]


async def outcomes(*requests: asyncio.Task[Answer]) -> list[Answer | type[BaseException]]:
    """What each request got: its answer, or the type of its error."""
    async with asyncio.timeout(TIMEOUT):
        results = await asyncio.gather(*requests, return_exceptions=True)
    return [type(result) if isinstance(result, BaseException) else result for result in results]


async def sent(
    service: Service, limits: GroupLimits, *entries: tuple[list[str], int]
) -> list[Answer | type[BaseException]]:
    """The outcomes of entries (items, bytes) that are submitted all at once."""
    group_commit = GroupCommit(service.send, limits)
    return await outcomes(*(asyncio.create_task(group_commit.submit(items, size)) for items, size in entries))
