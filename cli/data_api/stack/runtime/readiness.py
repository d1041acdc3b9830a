"""Waits until a process of the stack is ready: it accepts a connection, or answers 200 to GET /healthz.

It uses sockets, because importing an HTTP library takes longer than most processes take to start.
"""

import asyncio
from collections.abc import Awaitable, Callable

from data_api.shared.ports import LOOPBACK, is_connected_to_itself

POLL_INTERVAL = 0.05  # seconds
TIMEOUT = 5.0  # seconds for one response
HEALTH_REQUEST = b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n"

Probe = Callable[[int], Awaitable[bool]]  # called with a port


async def wait_until_ready(probe: Probe, port: int) -> None:
    """Returns when the probe of this port succeeds."""
    while not await probe(port):  # noqa: ASYNC110 - the event is in another process
        await asyncio.sleep(POLL_INTERVAL)


async def accepts(port: int) -> bool:
    """Whether the port accepts a connection."""
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return False
    try:
        return not is_connected_to_itself(writer.get_extra_info("socket"))
    except OSError:  # the connection was closed at once
        return False
    finally:
        writer.close()


async def is_healthy(port: int) -> bool:
    """Whether GET /healthz answers 200."""
    try:
        async with asyncio.timeout(TIMEOUT):
            return await _status(port) == b"200"
    except (OSError, TimeoutError):
        return False


async def _status(port: int) -> bytes:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        writer.write(HEALTH_REQUEST)
        _, _, rest = (await reader.readline()).partition(b" ")
        return rest[:3]
    finally:
        writer.close()
