"""Measures how one user who keeps sending the most costly bodies affects the responses of another user.

For each kind of body, a round measures the other user alone and beside it, directly after one another on the same
process, in an order that changes from round to round. An instance in the cloud has one CPU, so the function is bound to
one; the emulator and wrk may use all.
"""

import contextlib
import os
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import psutil

from bench.harness import emulators, implementations, load
from bench.harness.implementations import OURS
from bench.harness.load import Load
from bench.harness.processes import Running, Starter, wait_for
from bench.harness.progress import BeginStep
from bench.harness.scale import Scale
from bench.workload import messages

OTHER_RATE = 200  # records a second of the other user
CONNECTIONS = 10  # of the other user
NOISY_CONNECTIONS = 3  # with batches of 8 MiB as many as one user may have in progress; more would be refused
MAX_RECORD_BYTES = 256 * 1024
MAX_BATCH_BYTES = 8 * 1024 * 1024
MAX_LINES = 1_000  # of a batch
RUN_FACTOR = 4  # longer runs: a 99th percentile needs many requests, and the other user sends few
HEAD_START = 1  # seconds that the noisy user sends before the other user is measured, and after
MIN_NOISY_SECONDS = 15  # a batch may be checked for 10 s, and wrk must see an answer
WARM_UP = 1  # seconds
IDLE = 0.02  # seconds of CPU in a second


@dataclass(frozen=True)
class Pair:
    """The load of the other user alone and beside the noisy user, and that of the noisy user."""

    alone: Load
    beside: Load
    noisy: Load

    @property
    def p99_ratio(self) -> float:
        """The 99th percentile of the other user beside the noisy user, divided by that alone."""
        return self.beside.p99 / self.alone.p99


NoisyNeighborStudy = Mapping[str, Sequence[Pair]]  # by kind of body, in the order of the rounds


def bodies() -> dict[str, bytes]:
    """Batches by kind, each as large as a batch may be; the first three are rejected."""
    line_of_problems = _filled(b'{"a":[', b"[]", b"]}", MAX_BATCH_BYTES // MAX_LINES - 1)
    record = messages.post(MAX_RECORD_BYTES - 1).body[0]
    return {
        "arrays of numbers": _batch(_filled(b'{"a":[', b"1", b"]}")),
        "many objects": _batch(_filled(b'{"a":[', b'{"a":1}', b"]}")),
        "many problems": _batch(line_of_problems),
        "accepted records": _batch(record),
    }


def steps(scale: Scale) -> int:
    """The number of steps of `measure`."""
    return len(bodies()) * scale.rounds


def measure(starter: Starter, scale: Scale, begin_step: BeginStep) -> NoisyNeighborStudy:
    """Measures all kinds of bodies in each round."""
    study: dict[str, list[Pair]] = defaultdict(list)
    seconds = scale.seconds * RUN_FACTOR
    for number in range(scale.rounds):
        with _warm_function(starter) as running:
            for kind, body in bodies().items():
                begin_step(f"{kind}, round {number + 1} of {scale.rounds}")
                if number % 2 == 0:
                    alone = _load_of_other(running, seconds)
                beside, noisy = _beside(running, body, seconds)
                if number % 2:
                    alone = _load_of_other(running, seconds)
                study[kind].append(Pair(alone, beside, noisy))
    return study


@contextlib.contextmanager
def _warm_function(starter: Starter) -> Iterator[Running]:
    with emulators.emulator_for(starter, "generate") as emulator:
        hosts = {emulators.host_variable("generate"): emulator.host}
        with implementations.started(starter, OURS, "generate", hosts) as running:
            wait_for(running)
            _load_of_other(running, WARM_UP)
            _bind_to_one_cpu(running)
            yield running


def _beside(running: Running, body: bytes, seconds: int) -> tuple[Load, Load]:
    """The load of the other user and that of the noisy user, who begins earlier and ends later."""
    post = messages.post(lines=2)
    request = replace(post, body=(body,), headers={**post.headers, **messages.caller("eve")})
    with ThreadPoolExecutor(1) as pool:
        total = max(seconds + 2 * HEAD_START, MIN_NOISY_SECONDS)
        noisy = pool.submit(load.run, request, running.port, NOISY_CONNECTIONS, total, allow_rejected=True)
        time.sleep(HEAD_START)
        beside = _load_of_other(running, seconds)
    _wait_until_idle(running)
    return beside, noisy.result()


def _load_of_other(running: Running, seconds: int) -> Load:
    return load.run(messages.post(), running.port, CONNECTIONS, seconds, pause=1_000 * CONNECTIONS // OTHER_RATE)


def _wait_until_idle(running: Running) -> None:
    """Bodies that the function has received are checked to the end, even if nobody waits for the answer."""
    used = -1.0
    while (now := running.cpu_seconds()) - used > IDLE:
        used = now
        time.sleep(1)


def _bind_to_one_cpu(running: Running) -> None:
    """All its threads, and so the processes that it will start."""
    if not hasattr(os, "sched_setaffinity"):  # on macOS
        return
    process = psutil.Process(running.pid)
    for each in (process, *process.children(recursive=True)):
        for thread in each.threads():
            os.sched_setaffinity(thread.id, [max(os.sched_getaffinity(0))])


def _filled(begin: bytes, item: bytes, end: bytes, size: int = MAX_RECORD_BYTES - 1) -> bytes:
    """As many of the items as fit into the size, with commas between them."""
    count = (size - len(begin) - len(end) + 1) // (len(item) + 1)
    return begin + b",".join([item] * count) + end


def _batch(line: bytes) -> bytes:
    """As many of the lines as a batch may have."""
    return b"\n".join([line] * min(MAX_LINES, MAX_BATCH_BYTES // (len(line) + 1)))
