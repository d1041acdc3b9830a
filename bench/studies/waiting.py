"""Measures what waiting for changes costs one instance of `present`: memory, CPU, and the time of other readers.

Each round has a new emulator and a new process. Other readers get pages of 50 at a fixed rate: alone, then beside the
clients that wait while nothing happens, then while a record a moment is stored for one client after the other. At the
end more clients ask to wait than the instance allows.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import Event, Thread

from bench.harness import emulators, implementations, load
from bench.harness.implementations import OURS
from bench.harness.load import Load
from bench.harness.processes import Running, Starter, wait_for
from bench.harness.progress import BeginStep
from bench.harness.runs import Spread, spread
from bench.harness.scale import Scale
from bench.workload import documents, messages
from bench.workload.answers import expect
from bench.workload.documents import Firestore
from bench.workload.waiting_clients import WAIT, WaitingClients, waiting
from data_api.shared.errors import CliError

CLIENTS = 1_000  # the most that wait in one instance, unless MAX_WAITING is set
FURTHER, FURTHER_SECONDS = 100, 10  # clients beyond them, and for how long they try
RATE = 5  # records a second that are stored
START_TIMEOUT = 4.0 * WAIT  # seconds until the first wait of each client is over
READERS_RATE, READERS_CONNECTIONS = 100, 10  # pages a second of the other readers
RUN_FACTOR = 5  # longer runs: a 99th percentile needs many requests
WARM_UP = 2  # seconds
ARRIVAL_TIMEOUT = 40.0  # seconds for the last changes
POLL_INTERVAL = 0.1  # seconds
ALONE, QUIET, ARRIVING = "alone", "beside waiting clients", "beside waiting clients whose records arrive"


@dataclass(frozen=True)
class WaitingStudy:
    """Each value by round."""

    readers: Mapping[str, list[Load]] = field(default_factory=lambda: defaultdict(list))  # by case
    client_kib: list[float] = field(default_factory=list)  # memory for each client
    quiet_cpu: list[float] = field(default_factory=list)  # share of one CPU while nothing happens
    change_ms: list[float] = field(default_factory=list)  # CPU for each change that arrives, beyond the above
    delays_ms: list[float] = field(default_factory=list)  # median from the write until the client has it
    rejected: list[int] = field(default_factory=list)  # of the further requests, with 503 and Retry-After

    def p99_ratio(self, case: str) -> Spread:
        """The 99th percentile of the other readers in a case, divided by that of the same round alone."""
        pairs = zip(self.readers[case], self.readers[ALONE], strict=True)
        return spread([beside.p99 / alone.p99 for beside, alone in pairs])


def steps(scale: Scale) -> int:
    """The number of steps of `measure`."""
    return 5 * scale.rounds


def measure(starter: Starter, scale: Scale, begin_step: BeginStep) -> WaitingStudy:
    """Measures all cases in each round."""
    study = WaitingStudy()
    for number in range(scale.rounds):
        with emulators.firestore(starter) as emulator, documents.connected(emulator.host) as firestore:
            firestore.fill(51)
            hosts = {emulators.host_variable("present"): emulator.host}
            with implementations.started(starter, OURS, "present", hosts) as running:
                wait_for(running)
                of_round = f"round {number + 1} of {scale.rounds}"
                _measure_round(study, running, firestore, scale.seconds * RUN_FACTOR, begin_step, of_round)
    return study


def _measure_round(  # noqa: PLR0913, PLR0917  what a round has and where it puts its results
    study: WaitingStudy, running: Running, firestore: Firestore, seconds: int, begin_step: BeginStep, of_round: str
) -> None:
    expect(running, messages.get(), HTTPStatus.OK)
    _pages(running, WARM_UP)
    begin_step(f"{ALONE}, {of_round}")
    study.readers[ALONE].append(_pages(running, seconds))
    before = running.memory().total
    begin_step(f"clients begin to wait, {of_round}")
    cursor = expect(running, messages.get("/data/changes?cursor=latest"), HTTPStatus.OK).json()["nextCursor"]
    users = [f"waiting-{number}" for number in range(CLIENTS)]
    with waiting(running.port, users, cursor, WAIT / CLIENTS) as clients:
        _wait_until(lambda: len(clients.answered) == CLIENTS, START_TIMEOUT, "Not all clients wait.")
        begin_step(f"{QUIET}, {of_round}")
        study.quiet_cpu.append(_cpu_share(running, seconds))
        study.client_kib.append((running.memory().total - before) * 1_024 / CLIENTS)
        study.readers[QUIET].append(_pages(running, seconds))
        begin_step(f"{ARRIVING}, {of_round}")
        with _stored(firestore, clients) as written:
            share = _cpu_share(running, seconds)
            study.change_ms.append((share - study.quiet_cpu[-1]) * 1e3 / RATE)
            study.readers[ARRIVING].append(_pages(running, seconds))
        study.delays_ms.append(spread(_delays(clients, written)).median)
        begin_step(f"further clients, {of_round}")
        study.rejected.append(_rejected(running, cursor))


def _pages(running: Running, seconds: int) -> Load:
    pause = 1_000 * READERS_CONNECTIONS // READERS_RATE
    return load.run(messages.get(), running.port, READERS_CONNECTIONS, seconds, pause=pause)


def _wait_until(condition: Callable[[], bool], seconds: float, failure: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise CliError(failure)
        time.sleep(POLL_INTERVAL)


def _rejected(running: Running, cursor: str) -> int:
    """How many further clients get 503 with Retry-After at first."""
    users = [f"further-{number}" for number in range(FURTHER)]
    with waiting(running.port, users, cursor, POLL_INTERVAL / FURTHER) as further:
        time.sleep(FURTHER_SECONDS)
        return len(further.rejected)


def _cpu_share(running: Running, seconds: int) -> float:
    """The CPU time of this many seconds, divided by them."""
    before, start = running.cpu_seconds(), time.monotonic()
    time.sleep(seconds)
    return (running.cpu_seconds() - before) / (time.monotonic() - start)


@contextmanager
def _stored(firestore: Firestore, clients: WaitingClients) -> Iterator[dict[str, float]]:
    """Stores records while the `with` block runs, for one client after the other: the time of each write by its id."""
    written: dict[str, float] = {}
    is_over = Event()

    def store() -> None:
        start = time.monotonic()
        while not is_over.wait(max(0.0, start + len(written) / RATE - time.monotonic())):
            record_id = firestore.store(clients.users[len(written) % CLIENTS])
            written[record_id] = time.monotonic()

    thread = Thread(target=store, daemon=True)
    thread.start()
    try:
        yield written
    finally:
        is_over.set()
        thread.join()


def _delays(clients: WaitingClients, written: Mapping[str, float]) -> Sequence[float]:
    """Milliseconds from each write until its client had it; raises CliError if one has not got it."""
    _wait_until(lambda: written.keys() <= clients.arrived.keys(), ARRIVAL_TIMEOUT, "Some changes did not arrive.")
    return [(clients.arrived[record_id] - at) * 1e3 for record_id, at in written.items()]
