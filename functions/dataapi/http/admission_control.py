"""Bounds what one instance holds in memory: the bytes of requests between their arrival and their answer.

A body is admitted piece by piece. One over its own limit is refused with 413; what does not fit beside the others is
refused with 503, so that a flood costs answers, not memory.
"""

from starlette.requests import ClientDisconnect, Request

from dataapi.errors import TooLarge, Unavailable

CAPACITY = 64 * 2**20  # bytes of bodies; with their parsed and sent forms well under an instance's 512 MiB
_OVERHEAD = 4 * 2**10  # bytes that a request costs besides its body: headers, tasks, futures


class Intake:
    """Counts what is held; every function has one."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._held = 0

    def body(self, request: Request, limit: int, limit_name: str) -> "_Body":
        """The request's body of at most `limit` bytes, held as long as `async with` lasts."""
        return _Body(self, request, limit, limit_name)

    def hold(self, size: int) -> int:
        """Counts so many bytes as held, and returns them; raises Unavailable where they do not fit."""
        if self._held + size > self._capacity:
            raise Unavailable("Too much is under way here; nothing was kept. Try again.")
        self._held += size
        return size

    def release(self, size: int) -> None:
        """Counts so many bytes as gone."""
        self._held -= size


class _Body:
    """Entered, it is the body's bytes; raises TooLarge, Unavailable or ClientDisconnect, and then holds nothing.

    By hand what contextlib and Starlette's `stream` would do: they took a tenth of all our work for a request.
    """

    __slots__ = ("_held", "_intake", "_limit", "_limit_name", "_request")

    def __init__(self, intake: Intake, request: Request, limit: int, limit_name: str) -> None:
        self._intake = intake
        self._request = request
        self._limit = limit
        self._limit_name = limit_name
        self._held = 0

    async def __aenter__(self) -> bytes:
        try:
            return await self._read()
        except BaseException:
            self._intake.release(self._held)
            raise

    async def __aexit__(self, *_: object) -> None:
        self._intake.release(self._held)

    async def _read(self) -> bytes:
        announced = dict(self._request.scope["headers"]).get(b"content-length", b"")
        if announced.isdigit() and int(announced) > self._limit:
            raise _too_large(self._limit, self._limit_name)
        self._held = self._intake.hold(_OVERHEAD)
        pieces = []
        more = True
        while more:
            event = await self._request.receive()
            if event["type"] == "http.disconnect":
                raise ClientDisconnect
            piece, more = event.get("body", b""), event.get("more_body", False)
            self._held += self._intake.hold(len(piece))
            pieces.append(piece)
            if self._held - _OVERHEAD > self._limit:
                raise _too_large(self._limit, self._limit_name)
        return b"".join(pieces)


def _too_large(limit: int, name: str) -> TooLarge:
    return TooLarge(f"{name} is over the limit of {limit:,} bytes. Send less at once.")
