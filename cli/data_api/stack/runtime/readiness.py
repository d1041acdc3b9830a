"""Waits until a part of the stack answers.

Owns what answering means: a connection is accepted, or GET /healthz gives 200. Written on bare sockets: an HTTP
library takes longer to import than most parts need to start.
"""

import asyncio
from collections.abc import Awaitable, Callable

from data_api.shared.ports import LOOPBACK, is_its_own

POLL = 0.05  # seconds
TIMEOUT = 5.0  # seconds for an answer to one question
HEALTH = b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n"

Probe = Callable[[int], Awaitable[bool]]


async def until(probe: Probe, port: int) -> None:
    """Returns when the probe of this port says yes."""
    while not await probe(port):  # noqa: ASYNC110 - the event is in another process
        await asyncio.sleep(POLL)


async def accepts(port: int) -> bool:
    """Whether somebody listens there."""
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return False
    try:
        return not is_its_own(writer.get_extra_info("socket"))
    except OSError:  # it was closed again at once
        return False
    finally:
        writer.close()


async def is_healthy(port: int) -> bool:
    """Whether GET /healthz gives 200."""
    try:
        async with asyncio.timeout(TIMEOUT):
            return await _status(port) == b"200"
    except (OSError, TimeoutError):
        return False


async def _status(port: int) -> bytes:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        writer.write(HEALTH)
        _, _, rest = (await reader.readline()).partition(b" ")
        return rest[:3]
    finally:
        writer.close()
