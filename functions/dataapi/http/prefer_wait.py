"""Waits for a record that is not stored yet: the `Prefer: wait=N` header (RFC 7240).

Each try costs one billed read; the pauses grow, so that a wait of ten seconds costs about thirty.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable

from dataapi.records.record import Record

MAX_SECONDS = 10  # far below the gateway's deadline of 15
_WAIT = re.compile(r'(?:^|[,;])\s*wait\s*=\s*"?(\d{1,6})"?\s*(?=$|[,;])', re.IGNORECASE | re.ASCII)
_FIRST_PAUSE = 0.02  # seconds; a record is usually stored after a few of these
_LAST_PAUSE = 0.4


def preferred(prefer: str, most: int = MAX_SECONDS) -> int | None:
    """The seconds of a Prefer header, at most `most`; None without a wait."""
    match = _WAIT.search(prefer)
    return min(int(match[1]), most) if match else None


async def until_found(find: Callable[[], Awaitable[Record | None]], seconds: float) -> Record | None:
    """Calls `find` until it returns a record or the time is up."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    pause = _FIRST_PAUSE
    while (record := await find()) is None and loop.time() + pause <= end:
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, _LAST_PAUSE)
    return record
