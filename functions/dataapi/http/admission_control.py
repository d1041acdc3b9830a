"""Bounds the memory of one instance: the bytes of requests between their arrival and their answer.

A body is admitted chunk by chunk. One over its own limit is rejected with 413, one that does not fit beside the others
with 503, so that a flood of requests costs answers, not memory. Two rules keep one user from closing it for the others:
a user's requests may hold at most as much as is still free (429), and a body must arrive in time (408).
"""

import asyncio
from typing import cast

from starlette.requests import ClientDisconnect, Request

from dataapi.errors import RequestTimeout, TooLarge, TooManyRequests, Unavailable

CAPACITY = 64 * 2**20  # bytes of bodies; with their parsed and sent forms far below an instance's 512 MiB
MAX_SECONDS = 15.0  # until a body has arrived; the gateway waits as long for the answer
_RETRY_SECONDS = 2
_TOO_LARGE_TOGETHER = "Your requests in progress are too large together; nothing was stored. Retry after they end."
_OVERHEAD = 4 * 2**10  # bytes that a request costs besides its body: headers, tasks, futures


class AdmissionControl:
    """Counts the reserved bytes of one instance, and of each user who has any."""

    def __init__(self, capacity: int = CAPACITY, max_seconds: float = MAX_SECONDS) -> None:
        self._capacity = capacity
        self._reserved = 0
        self._by_user: dict[str, int] = {}
        self._arrivals = _Arrivals(max_seconds)

    def body(self, request: Request, limit: int, limit_name: str, user_id: str | None = None) -> "_Body":
        """The request's body of at most `limit` bytes, reserved as long as `async with` lasts.

        Without a user, as for a push, the sender has no share of its own.
        """
        return _Body(self, self._arrivals, request, limit, limit_name, user_id)

    def reserve(self, size: int, user_id: str | None) -> int:
        """Reserves so many bytes and returns them.

        Raises Unavailable if they do not fit, and TooManyRequests if the user would then hold more than is free. What
        is free shrinks with every user who holds something, so that there is always room for one more: with one user
        who holds all that he may, half of the capacity is free, with two a third, with fifteen a sixteenth.
        """
        free = self._capacity - self._reserved - size
        held = 0 if user_id is None else self._by_user.get(user_id, 0)
        if held and held + size > free:
            raise TooManyRequests(_RETRY_SECONDS, {}, _TOO_LARGE_TOGETHER)
        if free < 0:
            raise Unavailable("Too many requests are in progress; nothing was stored. Retry.")
        if user_id is not None:
            self._by_user[user_id] = held + size
        self._reserved += size
        return size

    def release(self, size: int, user_id: str | None) -> None:
        """Releases so many bytes."""
        self._reserved -= size
        if user_id is not None:
            self._by_user[user_id] -= size
            if not self._by_user[user_id]:
                del self._by_user[user_id]


class _Arrivals:
    """The bodies that are arriving, the oldest first.

    One timer for all: a timer for each took a fortieth of all our work for a request.
    """

    def __init__(self, max_seconds: float) -> None:
        self._max_seconds = max_seconds
        self._bodies: dict[_Body, tuple[asyncio.Task[object], float]] = {}  # with the task and the end of its time
        self._timer: asyncio.TimerHandle | None = None

    def add(self, body: "_Body") -> None:
        """Begins a body's time."""
        loop, task = asyncio.get_running_loop(), cast("asyncio.Task[object]", asyncio.current_task())
        self._bodies[body] = task, loop.time() + self._max_seconds
        if self._timer is None:
            self._timer = loop.call_later(self._max_seconds, self._expire)

    def remove(self, body: "_Body") -> bool:
        """Ends a body's time; False if it was over, or has been ended."""
        return self._bodies.pop(body, None) is not None

    def _expire(self) -> None:
        """Cancels the tasks of the bodies whose time is over."""
        loop = asyncio.get_running_loop()
        self._timer = None  # unless a body is left that still has time
        for body, (task, end) in list(self._bodies.items()):
            if end > loop.time():
                self._timer = loop.call_at(end, self._expire)
                break
            del self._bodies[body]
            task.cancel()


class _Body:
    """Entered, it is the body's bytes. If it raises, nothing is reserved any more.

    Raises TooLarge, TooManyRequests, Unavailable, RequestTimeout or ClientDisconnect. Does by hand what contextlib,
    asyncio.timeout and Starlette's `stream` would do: they took a fifth of all our work for a request.
    """

    __slots__ = ("_admission", "_arrivals", "_limit", "_limit_name", "_request", "_reserved", "_user_id")

    def __init__(  # noqa: PLR0913, PLR0917  only AdmissionControl calls it
        self,
        admission: AdmissionControl,
        arrivals: _Arrivals,
        request: Request,
        limit: int,
        limit_name: str,
        user_id: str | None,
    ) -> None:
        self._admission = admission
        self._arrivals = arrivals
        self._request = request
        self._limit = limit
        self._limit_name = limit_name
        self._user_id = user_id
        self._reserved = 0

    async def __aenter__(self) -> bytes:
        try:
            return await self._read_in_time()
        except BaseException:
            await self.__aexit__()
            raise

    async def __aexit__(self, *_: object) -> None:
        if self._reserved:
            self._admission.release(self._reserved, self._user_id)

    async def _read_in_time(self) -> bytes:
        content_length = dict(reversed(self._request.scope["headers"])).get(b"content-length", b"")
        if content_length.isdigit() and int(content_length) > self._limit:
            raise _too_large(self._limit, self._limit_name)
        self._reserved = self._admission.reserve(_OVERHEAD, self._user_id)
        self._arrivals.add(self)
        try:
            return await self._read()
        except asyncio.CancelledError:
            if self._arrivals.remove(self):
                raise  # something else ends the request
            cast("asyncio.Task[object]", asyncio.current_task()).uncancel()
            raise RequestTimeout("The body took too long to arrive. Send it again, or less at once.") from None
        finally:
            self._arrivals.remove(self)

    async def _read(self) -> bytes:
        chunks = []
        more = True
        while more:
            event = await self._request.receive()
            if event["type"] == "http.disconnect":
                raise ClientDisconnect
            chunk, more = event.get("body", b""), event.get("more_body", False)
            self._reserved += self._admission.reserve(len(chunk), self._user_id)
            chunks.append(chunk)
            if self._reserved - _OVERHEAD > self._limit:
                raise _too_large(self._limit, self._limit_name)
        return b"".join(chunks)


def _too_large(limit: int, name: str) -> TooLarge:
    return TooLarge(f"{name} is over the limit of {limit:,} bytes. Send less at once.")
