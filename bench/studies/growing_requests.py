"""Measures how our functions take growth of what is sent: larger records, more of them in a POST, more pushes at once.

All sizes of one growth go to the same process. Only reading has a fresh emulator for each, since the emulator scans.
"""

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from bench.harness import emulators, implementations, load
from bench.harness.implementations import OURS
from bench.harness.load import Request
from bench.harness.processes import Running, Starter, wait_for
from bench.harness.side_by_side import run
from bench.studies.points import ACCEPT, PAGE, READ, STORE, Point
from bench.workload import documents, messages

CONNECTIONS = 8  # for what grows in size
READERS = 2  # a page of 50 large records is many megabytes
READ_SECONDS = 3  # at least
WARM_UP = 1  # seconds

TellSize = Callable[[int], None]


def sizes(starter: Starter, wanted: Sequence[int], seconds: int, tell: TellSize) -> Iterator[tuple[str, Point]]:
    """Records of so many bytes."""
    if not wanted:
        return
    with _function(starter, "generate") as generate, _function(starter, "persist") as persist:
        for size in wanted:
            tell(size)
            yield ACCEPT, _point(generate, messages.post(size), size, CONNECTIONS, seconds)
            yield STORE, _point(persist, messages.push(size), size, CONNECTIONS, seconds)
            with _function(starter, "present", size) as present:  # the emulator scans: it must hold no other records
                yield READ, _point(present, messages.get(), size, READERS, max(seconds, READ_SECONDS))


def lines(starter: Starter, wanted: Sequence[int], seconds: int, tell: TellSize) -> Iterator[tuple[str, Point]]:
    """POSTs of so many records; rate and CPU are a record's."""
    if not wanted:
        return
    with _function(starter, "generate") as running:
        for count in wanted:
            tell(count)
            result = _point(running, messages.post(lines=count), count, CONNECTIONS, seconds)
            yield ACCEPT, replace(result, cpu=result.cpu / count, rate=(result.rate or 0) * count)


def groups(starter: Starter, wanted: Sequence[int], seconds: int, tell: TellSize) -> Iterator[tuple[str, Point]]:
    """So many pushes at once."""
    if not wanted:
        return
    with _function(starter, "persist") as running:
        for connections in wanted:
            tell(connections)
            yield STORE, _point(running, messages.push(), connections, connections, seconds)


@contextlib.contextmanager
def _function(starter: Starter, function: str, size: int = messages.RECORD_BYTES) -> Iterator[Running]:
    """A function of ours with a fresh emulator of its own, both warm; one that reads finds a page and a record more."""
    request = {"generate": messages.post(), "persist": messages.push(), "present": messages.get()}[function]
    with emulators.behind(starter, function) as behind:
        if function == "present":
            with documents.connected(behind.host) as firestore:
                firestore.fill(PAGE + 1, size)
        hosts = {emulators.variable(function): behind.host}
        with implementations.implementation(starter, OURS, function, hosts) as running:
            wait_for(running)
            load.run(request, running.port, READERS, WARM_UP)
            yield running


def _point(running: Running, request: Request, at: int, connections: int, seconds: int) -> Point:
    past = running.log.stat().st_size
    came = run(running, request, connections, seconds)
    return Point(at, came.p50, came.cpu, rate=came.rate, group=_group_size(running, past))


def _group_size(running: Running, past: int) -> float | None:
    """Records an RPC, from what the function logs of each request; None for one that reads."""
    with running.log.open("rb") as log:
        log.seek(past)
        events = [json.loads(line) for line in log if b'"groupSize"' in line and line.endswith(b"}\n")]
    records = [event.get("records", 1) for event in events]
    rpcs = sum(count / event["groupSize"] for count, event in zip(records, events, strict=True))
    return sum(records) / rpcs if rpcs else None
