"""Bounds the memory of one instance: the bytes of requests between their arrival and their answer.

A body is admitted chunk by chunk. One over its own limit is rejected with 413, and one that does not fit beside the
others with 503, so that a flood of requests costs answers, not memory.
"""

from starlette.requests import ClientDisconnect, Request

from dataapi.errors import TooLarge, Unavailable

CAPACITY = 64 * 2**20  # bytes of bodies; with their parsed and sent forms far below an instance's 512 MiB
_OVERHEAD = 4 * 2**10  # bytes that a request costs besides its body: headers, tasks, futures


class AdmissionControl:
    """Counts the reserved bytes of one instance."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._reserved = 0

    def body(self, request: Request, limit: int, limit_name: str) -> "_Body":
        """The request's body of at most `limit` bytes, reserved as long as `async with` lasts."""
        return _Body(self, request, limit, limit_name)

    def reserve(self, size: int) -> int:
        """Reserves so many bytes and returns them; raises Unavailable if they do not fit."""
        if self._reserved + size > self._capacity:
            raise Unavailable("Too many requests are in progress; nothing was stored. Retry.")
        self._reserved += size
        return size

    def release(self, size: int) -> None:
        """Releases so many bytes."""
        self._reserved -= size


class _Body:
    """Entered, it is the body's bytes; raises TooLarge, Unavailable or ClientDisconnect, and then reserves nothing.

    Does by hand what contextlib and Starlette's `stream` would do: they took a tenth of all our work for a request.
    """

    __slots__ = ("_admission", "_limit", "_limit_name", "_request", "_reserved")

    def __init__(self, admission: AdmissionControl, request: Request, limit: int, limit_name: str) -> None:
        self._admission = admission
        self._request = request
        self._limit = limit
        self._limit_name = limit_name
        self._reserved = 0

    async def __aenter__(self) -> bytes:
        try:
            return await self._read()
        except BaseException:
            self._admission.release(self._reserved)
            raise

    async def __aexit__(self, *_: object) -> None:
        self._admission.release(self._reserved)

    async def _read(self) -> bytes:
        content_length = dict(reversed(self._request.scope["headers"])).get(b"content-length", b"")
        if content_length.isdigit() and int(content_length) > self._limit:
            raise _too_large(self._limit, self._limit_name)
        self._reserved = self._admission.reserve(_OVERHEAD)
        chunks = []
        more = True
        while more:
            event = await self._request.receive()
            if event["type"] == "http.disconnect":
                raise ClientDisconnect
            chunk, more = event.get("body", b""), event.get("more_body", False)
            self._reserved += self._admission.reserve(len(chunk))
            chunks.append(chunk)
            if self._reserved - _OVERHEAD > self._limit:
                raise _too_large(self._limit, self._limit_name)
        return b"".join(chunks)


def _too_large(limit: int, name: str) -> TooLarge:
    return TooLarge(f"{name} is over the limit of {limit:,} bytes. Send less at once.")
