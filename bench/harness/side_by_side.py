"""Measures the contenders of one function side by side, case by case and round by round.

Owns what is fair: each round has a fresh emulator and fresh processes, each contender is warm before it is measured,
all meet each case one right after the other, and every other round in the opposite order. RPCs are counted
afterwards, in runs of their own.
"""

import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bench.harness import emulators, implementations, load
from bench.harness.implementations import BARE, CONTENDERS
from bench.harness.load import Request
from bench.harness.processes import Memory, Running, Starter
from bench.harness.progress import Tell
from bench.harness.runs import Measured, Run, Runs
from bench.harness.scale import Scale
from bench.workload.rpcs import counting

WARM_UP = 1  # seconds
WARM_CONNECTIONS = 32
LEAST_COUNTED = 50  # requests of which the RPCs are counted; else as many as take the time of a run


@dataclass(frozen=True)
class Case:
    """One kind of load. What is sent may depend on what the contender has answered before."""

    label: str
    connections: int
    request: Callable[[Running], Request]


@dataclass(frozen=True)
class Subject:
    """A function, what stands behind it, and the cases in which it is measured."""

    function: str
    cases: Sequence[Case]
    prepare: Callable[[str], None]  # the emulator at this host, before anything is asked
    check: Callable[[Running], None]  # refuses with CliError a contender that does not answer rightly


def steps(subject: Subject, scale: Scale) -> int:
    """How often `measured` tells what it does."""
    return len(subject.cases) * (len(CONTENDERS) * scale.rounds + len(CONTENDERS) - 1)


def measured(starter: Starter, scale: Scale, subject: Subject, tell: Tell) -> Measured:
    """All of it."""
    runs: dict[str, dict[str, list[Run]]] = defaultdict(lambda: defaultdict(list))
    memory: dict[str, list[Memory]] = defaultdict(list)
    for number in range(scale.rounds):
        with _field(starter, subject) as field:
            order = CONTENDERS if number % 2 == 0 else CONTENDERS[::-1]
            for case in subject.cases:
                for who in order:
                    tell(f"{who}, {case.label}, round {number + 1} of {scale.rounds}")
                    request = case.request(field[who])
                    runs[case.label][who].append(run(field[who], request, case.connections, scale.seconds))
            for who, running in field.items():
                memory[who].append(running.memory())
    return Measured(runs, _counted(starter, scale, subject, runs, tell), memory)


def run(running: Running, request: Request, connections: int, seconds: int) -> Run:
    """One run of load, and what it cost."""
    before = running.cpu_seconds()
    came = load.run(request, running.port, connections, seconds)
    return Run(came.rate, came.p50, came.p99, (running.cpu_seconds() - before) * 1e3 / came.requests)


@contextlib.contextmanager
def _field(starter: Starter, subject: Subject) -> Iterator[dict[str, Running]]:
    with emulators.behind(starter, subject.function) as emulator:
        subject.prepare(emulator.host)
        hosts = {emulators.variable(subject.function): emulator.host}
        with implementations.implementations(starter, subject.function, hosts) as field:
            for who, running in field.items():
                if who != BARE:
                    subject.check(running)
                load.run(subject.cases[0].request(running), running.port, WARM_CONNECTIONS, WARM_UP)
            yield field


def _counted(starter: Starter, scale: Scale, subject: Subject, runs: Runs, tell: Tell) -> dict[str, dict[str, float]]:
    """RPCs a request, by case and contender."""
    result: dict[str, dict[str, float]] = defaultdict(dict)
    with emulators.behind(starter, subject.function) as emulator:
        subject.prepare(emulator.host)
        with counting(starter, emulator.port) as counter, contextlib.ExitStack() as stack:
            hosts = {emulators.variable(subject.function): counter.host}
            field = stack.enter_context(implementations.implementations(starter, subject.function, hosts))
            for case in subject.cases:
                for who in CONTENDERS[:-1]:
                    tell(f"{who}, {case.label}, counting RPCs")
                    request = case.request(field[who])
                    count = max(LEAST_COUNTED, round(runs[case.label][who][0].rate * scale.seconds))
                    before = counter.count()
                    load.run_so_many(request, field[who].port, case.connections, count)
                    result[case.label][who] = (counter.count() - before) / count
    return result
