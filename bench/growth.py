"""Measures how our functions take growth: of what a user has stored, of a record, of a POST, of a group of pushes.

Owns how the emulator's scan is told apart, which grows with all that is stored and is no property of Firestore: each
request to a function is followed by the same RPC made bare, and the bare one's time is taken off. What remains is the
function's own, HTTP and gRPC.
Leaves the bare RPCs to `documents.py`.
"""

import contextlib
import http.client
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench import contenders, documents, emulators, load, messages
from bench.answers import PATIENCE
from bench.contenders import OURS
from bench.documents import Firestore
from bench.faults import Fault
from bench.load import Request
from bench.processes import Running, Starter, wait_for
from bench.progress import Tell
from bench.scale import Scale
from bench.side_by_side import Case, run
from local.ports import LOOPBACK

CONNECTIONS = 8  # for what grows in size
READERS = 2  # a page of 50 large records is many megabytes
READ_SECONDS = 3  # at least
PAGE = 50
STORED, SIZES, LINES, GROUPS = "stored records of the user", "bytes a record", "records a POST", "pushes at once"
ACCEPT, STORE, READ = "accept", "store", "read"


@dataclass(frozen=True)
class Point:
    """What was measured at one size. Times are medians in milliseconds, `own` without the bare RPC; CPU a request."""

    at: int
    time: float
    cpu: float
    own: float | None = None
    rate: float | None = None  # records a second
    group: float | None = None  # records an RPC


Growth = Mapping[str, Mapping[str, Sequence[Point]]]  # by what grows, and by what is done


def steps(scale: Scale) -> int:
    """How often `measured` tells what it does."""
    return len(scale.stored) + len(scale.sizes) + len(scale.lines) + len(scale.connections)


def measured(starter: Starter, scale: Scale, tell: Tell) -> Growth:
    """All of it."""
    found: dict[str, dict[str, list[Point]]] = {kind: {} for kind in (STORED, SIZES, LINES, GROUPS)}
    with _stored(starter) as field:
        for count in scale.stored:
            tell(f"{count:,} {STORED}")
            field.firestore.fill(count - field.firestore.count(messages.user_id()))
            for action, point in field.looked(count, scale.looks):
                found[STORED].setdefault(action, []).append(point)
    for kind, sizes, measure in (
        (SIZES, scale.sizes, _size), (LINES, scale.lines, _lines), (GROUPS, scale.connections, _group)
    ):
        for at in sizes:
            tell(f"{at:,} {kind}")
            for action, point in measure(starter, at, scale.seconds):
                found[kind].setdefault(action, []).append(point)
    return found


def grown(points: Sequence[Point]) -> float:
    """The CPU time of a request at the last size against that at the first. CPU, because it has no scan in it at all."""
    return points[-1].cpu / points[0].cpu


@dataclass(frozen=True)
class _Field:
    """Our functions, warm, and the emulator behind two of them."""

    functions: Mapping[str, Running]
    firestore: Firestore

    def looked(self, at: int, looks: int) -> Iterator[tuple[str, Point]]:
        """Each function in turn; what is stored meanwhile belongs to another user."""
        yield ACCEPT, _look(self.functions["generate"], messages.post, lambda: 0.0, at, looks)
        push = lambda: messages.alone(messages.push())  # noqa: E731
        yield STORE, _look(self.functions["persist"], push, self.firestore.create(), at, looks)
        yield READ, _look(self.functions["present"], messages.get, self.firestore.newest(PAGE + 1), at, looks)


@contextlib.contextmanager
def _stored(starter: Starter) -> Iterator[_Field]:
    with emulators.firestore(starter) as firestore, emulators.pubsub(starter) as pubsub, contextlib.ExitStack() as stack:
        hosts = {"FIRESTORE_EMULATOR_HOST": firestore.host, "PUBSUB_EMULATOR_HOST": pubsub.host}
        running = {
            function: stack.enter_context(contenders.contender(starter, OURS, function, hosts))
            for function in contenders.FUNCTIONS
        }
        for each in running.values():
            wait_for(each)
        field = _Field(running, stack.enter_context(documents.connected(firestore.host)))
        list(field.looked(0, 20))  # warm
        yield field


def _look(running: Running, make: Callable[[], Request], bare: Callable[[], float], at: int, looks: int) -> Point:
    times, own = [], []
    before = running.cpu_seconds()
    with contextlib.closing(http.client.HTTPConnection(LOOPBACK, running.port, timeout=PATIENCE)) as connection:
        for _ in range(looks):
            request = make()
            began = time.perf_counter()
            connection.request(request.method, request.path, b"".join(request.body) or None, dict(request.headers))
            answer = connection.getresponse()
            answer.read()
            times.append((time.perf_counter() - began) * 1e3)
            own.append(times[-1] - bare())
            if answer.status >= http.HTTPStatus.BAD_REQUEST:
                raise Fault(f"The {running.name} answers {answer.status} with {at:,} records stored.")
    cpu = (running.cpu_seconds() - before) * 1e3 / looks
    return Point(at, median(times), cpu, own=median(own))


def _size(starter: Starter, size: int, seconds: int) -> Iterator[tuple[str, Point]]:
    with _behind(starter, "generate") as running:
        yield ACCEPT, _loaded(running, messages.post(size), size, seconds)
    with _behind(starter, "persist") as running:
        yield STORE, _loaded(running, messages.push(size), size, seconds)
    with _behind(starter, "present", size) as running:
        yield READ, _loaded(running, messages.get(), size, max(seconds, READ_SECONDS), connections=READERS)


def _lines(starter: Starter, lines: int, seconds: int) -> Iterator[tuple[str, Point]]:
    with _behind(starter, "generate") as running:
        yield ACCEPT, _loaded(running, messages.post(lines=lines), lines, seconds, records=lines)


def _group(starter: Starter, connections: int, seconds: int) -> Iterator[tuple[str, Point]]:
    with _behind(starter, "persist") as running:
        yield STORE, _loaded(running, messages.push(), connections, seconds, connections=connections)


@contextlib.contextmanager
def _behind(starter: Starter, function: str, size: int = messages.RECORD_BYTES) -> Iterator[Running]:
    """A function of ours with a fresh emulator of its own, both warm; one that reads finds a page and a record more."""
    emulator, variable = {
        "generate": (emulators.pubsub, "PUBSUB_EMULATOR_HOST"),
        "persist": (emulators.firestore, "FIRESTORE_EMULATOR_HOST"),
        "present": (emulators.firestore, "FIRESTORE_EMULATOR_HOST"),
    }[function]
    request = {"generate": messages.post, "persist": messages.push, "present": messages.get}[function]()
    with emulator(starter) as behind, contenders.contender(starter, OURS, function, {variable: behind.host}) as running:
        wait_for(running)
        if function == "present":
            with documents.connected(behind.host) as firestore:
                firestore.fill(PAGE + 1, size)
        load.run(request, running.port, READERS, 1)
        yield running


def _loaded(
    running: Running, request: Request, at: int, seconds: int, *, connections: int = CONNECTIONS, records: int = 1
) -> Point:
    """CPU is a record's."""
    past = running.log.stat().st_size
    came = run(running, request, Case("", connections, lambda _: request), seconds)
    group = _group_size(running, past)
    return Point(at, came.p50, came.cpu / records, rate=came.rate * records, group=group)


def _group_size(running: Running, past: int) -> float | None:
    """Records an RPC, from what the function logs of each request; None for one that reads."""
    with running.log.open("rb") as log:
        log.seek(past)
        events = [json.loads(line) for line in log if b'"groupSize"' in line and line.endswith(b"}\n")]
    records = [each.get("records", 1) for each in events]
    rpcs = sum(count / each["groupSize"] for count, each in zip(records, events, strict=True))
    return sum(records) / rpcs if rpcs else None
