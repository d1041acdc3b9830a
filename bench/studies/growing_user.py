"""Measures our functions with the same requests while a user's number of stored records grows.

The emulator scans all stored records, which Firestore does not. So after each request to a function, the same RPC is
sent directly to the emulator, and its time is subtracted. The rest is the function's own time, with HTTP and gRPC.
"""

import contextlib
import http.client
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench.harness import emulators, implementations
from bench.harness.implementations import OURS
from bench.harness.load import Request
from bench.harness.processes import Running, Starter, wait_for
from bench.studies.points import ACCEPT, PAGE_SIZE, READ, STORE, Point
from bench.workload import documents, messages
from bench.workload.answers import TIMEOUT
from bench.workload.documents import Firestore
from data_api.shared.errors import CliError
from data_api.shared.ports import LOOPBACK

WARM_UP = 20  # requests
IDLE_SECONDS = 2.0  # in which the CPU time of an idle process is measured
# Seconds before each request: a long scan empties the processor's caches, so a pause makes all requests comparable.
PAUSE = 0.05
MAX_SECONDS, MIN_REQUESTS = 20.0, 10  # of one point; with the most records, a scan takes seconds


def measure(
    starter: Starter, counts: Sequence[int], requests_per_point: int, begin_size: Callable[[int], None]
) -> Iterator[tuple[str, Point]]:
    """Measures all actions at each count of stored records."""
    with _setup(starter) as setup:
        for count in counts:
            begin_size(count)
            setup.firestore.fill(count - setup.firestore.count(messages.user_id()))
            yield from setup.points(count, requests_per_point)


@dataclass(frozen=True)
class _Setup:
    """Our functions, warm, and the Firestore emulator."""

    functions: Mapping[str, Running]
    firestore: Firestore

    def points(self, at: int, requests: int) -> Iterator[tuple[str, Point]]:
        """One point for each function. The records that it stores count towards the next size."""
        yield ACCEPT, _point(self.functions["generate"], messages.post, lambda: 0.0, at, requests)
        push = lambda: messages.complete(messages.push())  # noqa: E731
        yield STORE, _point(self.functions["persist"], push, self.firestore.create_rpc(), at, requests)
        query_rpc = self.firestore.newest_rpc(PAGE_SIZE + 1)
        yield READ, _point(self.functions["present"], messages.get, query_rpc, at, requests)


@contextlib.contextmanager
def _setup(starter: Starter) -> Iterator[_Setup]:
    with (
        emulators.firestore(starter) as firestore,
        emulators.pubsub(starter) as pubsub,
        contextlib.ExitStack() as stack,
    ):
        hosts = {"FIRESTORE_EMULATOR_HOST": firestore.host, "PUBSUB_EMULATOR_HOST": pubsub.host}
        functions = {
            function: stack.enter_context(implementations.started(starter, OURS, function, hosts))
            for function in implementations.FUNCTIONS
        }
        for running in functions.values():
            wait_for(running)
        setup = _Setup(functions, stack.enter_context(documents.connected(firestore.host)))
        list(setup.points(0, WARM_UP))
        yield setup


def _point(
    running: Running, make_request: Callable[[], Request], direct_rpc: Callable[[], float], at: int, requests: int
) -> Point:
    times: list[float] = []
    own_times: list[float] = []
    idle_share = _idle_cpu_share(running)
    before, start = running.cpu_seconds(), time.monotonic()
    deadline = time.monotonic() + MAX_SECONDS
    while len(times) < requests and (len(times) < MIN_REQUESTS or time.monotonic() < deadline):
        time.sleep(PAUSE)
        times.append(_send(running, make_request(), at))
        own_times.append(times[-1] - direct_rpc())
    cpu_seconds = running.cpu_seconds() - before - idle_share * (time.monotonic() - start)
    return Point(at, median(times), cpu_seconds * 1e3 / len(times), own=median(own_times))


def _idle_cpu_share(running: Running) -> float:
    """The share of a CPU that the idle process uses; it matters when a scan takes seconds."""
    before = running.cpu_seconds()
    time.sleep(IDLE_SECONDS)
    return (running.cpu_seconds() - before) / IDLE_SECONDS


def _send(running: Running, request: Request, at: int) -> float:
    """Milliseconds. On a new connection, because a direct RPC may take so long that the function closes an idle one."""
    with contextlib.closing(http.client.HTTPConnection(LOOPBACK, running.port, timeout=TIMEOUT)) as connection:
        connection.connect()
        start = time.perf_counter()
        connection.request(request.method, request.path, b"".join(request.body) or None, dict(request.headers))
        response = connection.getresponse()
        response.read()
        if response.status >= http.HTTPStatus.BAD_REQUEST:
            raise CliError(f"{running.name} answered {response.status} with {at:,} records stored.")
        return (time.perf_counter() - start) * 1e3
