"""Clients that wait for changes, as open tabs do: each has a user, a connection and a cursor of its own.

They run in a thread of the benchmark, and begin one after the other, so that their requests are spread evenly over the
time of a wait.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx

from bench.workload import messages
from data_api.shared.errors import CliError
from data_api.shared.ports import LOOPBACK

WAIT = 30  # seconds, the most that the API allows
# A function closes a connection that was idle for 2 s.
_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=1.0)
_TOO_MANY = "Too many clients wait"
_PAUSE = 2.0  # seconds until a request is sent again that was not answered


@dataclass
class WaitingClients:
    """What the clients have got so far."""

    users: list[str]
    pause: float  # seconds from the begin of one client to that of the next
    answered: set[str] = field(default_factory=set)  # the users whose first wait is over
    rejected: set[str] = field(default_factory=set)  # the users who got 503 and Retry-After, since too many waited
    arrived: dict[str, float] = field(default_factory=dict)  # monotonic time, by record

    async def run(self, port: int, cursor: str) -> None:
        """Waits for changes as all users, until it is cancelled."""
        url = f"http://{LOOPBACK}:{port}"
        async with (
            httpx.AsyncClient(base_url=url, limits=_LIMITS, timeout=WAIT * 2) as client,
            asyncio.TaskGroup() as group,
        ):
            for number, user in enumerate(self.users):
                group.create_task(self._wait_as(client, user, cursor, number * self.pause))

    async def _wait_as(self, client: httpx.AsyncClient, user: str, cursor: str, delay: float) -> None:
        headers = {**messages.caller(user), "prefer": f"wait={WAIT}"}
        await asyncio.sleep(delay)
        while True:
            try:
                response = await client.get("/data/changes", params={"cursor": cursor}, headers=headers)
            except httpx.TransportError:  # the connection was closed meanwhile
                await asyncio.sleep(_PAUSE)
                continue
            if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                if _TOO_MANY in response.text:
                    self.rejected.add(user)
                await asyncio.sleep(int(response.headers["retry-after"]))
                continue
            page = response.raise_for_status().json()
            self.answered.add(user)
            now = time.monotonic()
            self.arrived.update((change["id"], now) for change in page["changes"])
            cursor = page["nextCursor"]


@contextlib.contextmanager
def waiting(port: int, users: list[str], cursor: str, pause: float) -> Iterator[WaitingClients]:
    """One client of each user waits while the `with` block runs; raises CliError if one of them has failed."""
    clients = WaitingClients(users, pause)
    loop = asyncio.new_event_loop()
    task = loop.create_task(clients.run(port, cursor))
    failures: list[BaseException] = []

    def run() -> None:
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            pass
        except BaseExceptionGroup as group:
            failures.extend(group.exceptions)
        finally:
            loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield clients
    finally:
        with contextlib.suppress(RuntimeError):  # the loop has ended with a failure
            loop.call_soon_threadsafe(task.cancel)
        thread.join()
    if failures:
        raise CliError(f"A client that waited for changes failed: {failures[0]!r}")
