"""Measures our functions with larger requests: larger records, more records in a POST, more concurrent pushes.

All sizes go to the same process. Only `read` has a new emulator for each size, because the emulator scans all records.
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
from bench.studies.points import ACCEPT, PAGE_SIZE, READ, STORE, Point
from bench.workload import documents, messages

CONNECTIONS = 8
READ_CONNECTIONS = 2  # few, because a page of 50 large records has many megabytes
MIN_READ_SECONDS = 3
WARM_UP = 1  # seconds

BeginSize = Callable[[int], None]


def sizes(
    starter: Starter, record_sizes: Sequence[int], seconds: int, begin_size: BeginSize
) -> Iterator[tuple[str, Point]]:
    """Measures all actions with records of these sizes in bytes."""
    if not record_sizes:
        return
    with _function(starter, "generate") as generate, _function(starter, "persist") as persist:
        for size in record_sizes:
            begin_size(size)
            yield ACCEPT, _point(generate, messages.post(size), size, CONNECTIONS, seconds)
            yield STORE, _point(persist, messages.push(size), size, CONNECTIONS, seconds)
            with _function(starter, "present", size) as present:  # a new emulator, which has no other records to scan
                read_seconds = max(seconds, MIN_READ_SECONDS)
                yield READ, _point(present, messages.get(), size, READ_CONNECTIONS, read_seconds)


def lines(starter: Starter, counts: Sequence[int], seconds: int, begin_size: BeginSize) -> Iterator[tuple[str, Point]]:
    """Measures POSTs of these numbers of records; rate and CPU are those of one record."""
    if not counts:
        return
    with _function(starter, "generate") as running:
        for count in counts:
            begin_size(count)
            result = _point(running, messages.post(lines=count), count, CONNECTIONS, seconds)
            yield ACCEPT, replace(result, cpu=result.cpu / count, rate=(result.rate or 0) * count)


def groups(starter: Starter, counts: Sequence[int], seconds: int, begin_size: BeginSize) -> Iterator[tuple[str, Point]]:
    """Measures these numbers of concurrent pushes."""
    if not counts:
        return
    with _function(starter, "persist") as running:
        for connections in counts:
            begin_size(connections)
            yield STORE, _point(running, messages.push(), connections, connections, seconds)


@contextlib.contextmanager
def _function(starter: Starter, function: str, size: int = messages.RECORD_BYTES) -> Iterator[Running]:
    """Our function with a new emulator, both warm; for `present`, the emulator has one record more than a page."""
    request = {"generate": messages.post(), "persist": messages.push(), "present": messages.get()}[function]
    with emulators.emulator_for(starter, function) as emulator:
        if function == "present":
            with documents.connected(emulator.host) as firestore:
                firestore.fill(PAGE_SIZE + 1, size)
        hosts = {emulators.host_variable(function): emulator.host}
        with implementations.started(starter, OURS, function, hosts) as running:
            wait_for(running)
            load.run(request, running.port, READ_CONNECTIONS, WARM_UP)
            yield running


def _point(running: Running, request: Request, at: int, connections: int, seconds: int) -> Point:
    log_size = running.log.stat().st_size
    result = run(running, request, connections, seconds)
    return Point(at, result.p50, result.cpu, rate=result.rate, group=_group_size(running, log_size))


def _group_size(running: Running, log_offset: int) -> float | None:
    """Records an RPC, from the function's log events after the offset; None if it logs no group size (`present`)."""
    with running.log.open("rb") as log:
        log.seek(log_offset)
        events = [json.loads(line) for line in log if b'"groupSize"' in line and line.endswith(b"}\n")]
    records = [event.get("records", 1) for event in events]
    rpcs = sum(count / event["groupSize"] for count, event in zip(records, events, strict=True))
    return sum(records) / rpcs if rpcs else None
