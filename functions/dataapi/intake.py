"""Bounds what one instance holds in memory: the bytes of requests between their arrival and their answer.

A body is admitted piece by piece. One over its own limit is refused with 413; what does not fit beside the others is
refused with 503, so that a flood costs answers, not memory.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request

from dataapi.errors import TooLarge, Unavailable

CAPACITY = 64 * 2**20  # bytes of bodies; with their parsed and sent forms well under an instance's 512 MiB
_OVERHEAD = 4 * 2**10  # bytes that a request costs besides its body: headers, tasks, futures


class Intake:
    """Counts what is held; every function has one."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._held = 0

    @asynccontextmanager
    async def body(self, request: Request, limit: int, limit_name: str) -> AsyncIterator[bytes]:
        """Yields the request's body, at most `limit` bytes; raises TooLarge or Unavailable.

        The bytes count as held until the block is left.
        """
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > limit:
            raise _too_large(limit, limit_name)
        held = 0
        pieces = []
        try:
            held += self._hold(_OVERHEAD)
            async for piece in request.stream():
                held += self._hold(len(piece))
                pieces.append(piece)
                if held - _OVERHEAD > limit:
                    raise _too_large(limit, limit_name)
            yield b"".join(pieces)
        finally:
            self._held -= held

    def _hold(self, size: int) -> int:
        if self._held + size > self._capacity:
            raise Unavailable("Too much is under way here; nothing was kept. Try again.")
        self._held += size
        return size


def _too_large(limit: int, name: str) -> TooLarge:
    return TooLarge(f"{name} is over the limit of {limit:,} bytes. Send less at once.")
