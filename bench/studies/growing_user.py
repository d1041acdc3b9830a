"""Measures how our functions take a user's growth: the same requests, the more that user has stored.

Owns how the emulator's scan is told apart, which grows with all that is stored and is no property of Firestore: each
request to a function is followed by the same RPC made bare, and the bare one's time is taken off. What remains is the
function's own, with HTTP and gRPC.
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
from bench.studies.points import ACCEPT, PAGE, READ, STORE, Point
from bench.workload import documents, messages
from bench.workload.answers import TIMEOUT
from bench.workload.documents import Firestore
from data_api.shared.errors import CliError
from data_api.shared.ports import LOOPBACK

WARM_UP = 20  # requests
IDLE = 2.0  # seconds
REST = 0.05  # seconds before each request: after a long scan the processor has forgotten the function, so always
LONGEST, LEAST = 20.0, 10  # seconds for one point, and requests that it takes at least: the scan takes seconds at last


def measured(
    starter: Starter, counts: Sequence[int], looks: int, tell: Callable[[int], None]
) -> Iterator[tuple[str, Point]]:
    """What is done, and how it went, at each count of stored records."""
    with _field(starter) as field:
        for count in counts:
            tell(count)
            field.firestore.fill(count - field.firestore.count(messages.user_id()))
            yield from field.looked(count, looks)


@dataclass(frozen=True)
class _Field:
    """Our functions, warm, and the emulator behind two of them."""

    functions: Mapping[str, Running]
    firestore: Firestore

    def looked(self, at: int, looks: int) -> Iterator[tuple[str, Point]]:
        """Each function in turn. What is stored meanwhile counts: the next size is only filled up to."""
        yield ACCEPT, _look(self.functions["generate"], messages.post, lambda: 0.0, at, looks)
        push = lambda: messages.alone(messages.push())  # noqa: E731
        yield STORE, _look(self.functions["persist"], push, self.firestore.create(), at, looks)
        yield READ, _look(self.functions["present"], messages.get, self.firestore.newest(PAGE + 1), at, looks)


@contextlib.contextmanager
def _field(starter: Starter) -> Iterator[_Field]:
    with (
        emulators.firestore(starter) as firestore,
        emulators.pubsub(starter) as pubsub,
        contextlib.ExitStack() as stack,
    ):
        hosts = {"FIRESTORE_EMULATOR_HOST": firestore.host, "PUBSUB_EMULATOR_HOST": pubsub.host}
        running = {
            function: stack.enter_context(implementations.implementation(starter, OURS, function, hosts))
            for function in implementations.FUNCTIONS
        }
        for service in running.values():
            wait_for(service)
        field = _Field(running, stack.enter_context(documents.connected(firestore.host)))
        list(field.looked(0, WARM_UP))
        yield field


def _look(running: Running, make: Callable[[], Request], bare: Callable[[], float], at: int, looks: int) -> Point:
    times: list[float] = []
    own: list[float] = []
    idle = _idle(running)
    before, began = running.cpu_seconds(), time.monotonic()
    until = time.monotonic() + LONGEST
    while len(times) < looks and (len(times) < LEAST or time.monotonic() < until):
        time.sleep(REST)
        times.append(_answered(running, make(), at))
        own.append(times[-1] - bare())
    busy = running.cpu_seconds() - before - idle * (time.monotonic() - began)
    cpu = busy * 1e3 / len(times)
    return Point(at, median(times), cpu, own=median(own))


def _idle(running: Running) -> float:
    """The share of a processor that it takes when it has nothing to do, which counts where the scan takes seconds."""
    before = running.cpu_seconds()
    time.sleep(IDLE)
    return (running.cpu_seconds() - before) / IDLE


def _answered(running: Running, request: Request, at: int) -> float:
    """Milliseconds. On a connection of its own: a bare RPC may take so long that the function closes an idle one."""
    with contextlib.closing(http.client.HTTPConnection(LOOPBACK, running.port, timeout=TIMEOUT)) as connection:
        connection.connect()
        began = time.perf_counter()
        connection.request(request.method, request.path, b"".join(request.body) or None, dict(request.headers))
        answer = connection.getresponse()
        answer.read()
        if answer.status >= http.HTTPStatus.BAD_REQUEST:
            raise CliError(f"The {running.name} answers {answer.status} with {at:,} records stored.")
        return (time.perf_counter() - began) * 1e3
