"""Measures the implementations of one function next to each other, case by case and round by round.

Owns the fair comparison: each round has a new emulator and new processes, each implementation is warmed up, each case
runs on one implementation directly after the other, and every second round runs in the opposite order. RPCs are counted
in separate runs afterwards.
"""

import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bench.harness import emulators, implementations, load
from bench.harness.implementations import BARE, IMPLEMENTATIONS
from bench.harness.load import Request
from bench.harness.processes import Memory, Running, Starter
from bench.harness.progress import BeginStep
from bench.harness.runs import FunctionResults, Run, Runs
from bench.harness.scale import Scale
from bench.workload.rpcs import counting

WARM_UP = 1  # seconds
WARM_UP_CONNECTIONS = 32
MIN_COUNTED = 50  # requests whose RPCs are counted; more if more fit in the time of a run


@dataclass(frozen=True)
class Case:
    """One kind of load. The request may depend on an earlier response of the implementation."""

    label: str
    connections: int
    request: Callable[[Running], Request]


@dataclass(frozen=True)
class Subject:
    """A function and the cases in which it is measured."""

    function: str
    cases: Sequence[Case]
    prepare: Callable[[str], None]  # fills the emulator at this host, before the first request
    check: Callable[[Running], None]  # raises CliError if an implementation's response is wrong


def steps(subject: Subject, scale: Scale) -> int:
    """The number of steps of `measure`."""
    return len(subject.cases) * (len(IMPLEMENTATIONS) * scale.rounds + len(IMPLEMENTATIONS) - 1)


def measure(starter: Starter, scale: Scale, subject: Subject, begin_step: BeginStep) -> FunctionResults:
    """Measures all implementations in all cases and rounds."""
    runs: dict[str, dict[str, list[Run]]] = defaultdict(lambda: defaultdict(list))
    memory: dict[str, list[Memory]] = defaultdict(list)
    for number in range(scale.rounds):
        with _warm_processes(starter, subject) as processes:
            order = IMPLEMENTATIONS if number % 2 == 0 else IMPLEMENTATIONS[::-1]
            for case in subject.cases:
                for implementation in order:
                    begin_step(f"{implementation}, {case.label}, round {number + 1} of {scale.rounds}")
                    running = processes[implementation]
                    result = run(running, case.request(running), case.connections, scale.seconds)
                    runs[case.label][implementation].append(result)
            for implementation, running in processes.items():
                memory[implementation].append(running.memory())
    return FunctionResults(runs, _count_rpcs(starter, scale, subject, runs, begin_step), memory)


def run(running: Running, request: Request, connections: int, seconds: int) -> Run:
    """One run of load, with the CPU time of the process."""
    before = running.cpu_seconds()
    result = load.run(request, running.port, connections, seconds)
    return Run(result.rate, result.p50, result.p99, (running.cpu_seconds() - before) * 1e3 / result.requests)


@contextlib.contextmanager
def _warm_processes(starter: Starter, subject: Subject) -> Iterator[dict[str, Running]]:
    """By implementation."""
    with emulators.emulator_for(starter, subject.function) as emulator:
        subject.prepare(emulator.host)
        hosts = {emulators.host_variable(subject.function): emulator.host}
        with implementations.all_started(starter, subject.function, hosts) as processes:
            for implementation, running in processes.items():
                if implementation != BARE:
                    subject.check(running)
                load.run(subject.cases[0].request(running), running.port, WARM_UP_CONNECTIONS, WARM_UP)
            yield processes


def _count_rpcs(
    starter: Starter, scale: Scale, subject: Subject, runs: Runs, begin_step: BeginStep
) -> dict[str, dict[str, float]]:
    """RPCs a request, by case and implementation."""
    rpcs: dict[str, dict[str, float]] = defaultdict(dict)
    with emulators.emulator_for(starter, subject.function) as emulator:
        subject.prepare(emulator.host)
        with counting(starter, emulator.port) as counter, contextlib.ExitStack() as stack:
            hosts = {emulators.host_variable(subject.function): counter.host}
            processes = stack.enter_context(implementations.all_started(starter, subject.function, hosts))
            for case in subject.cases:
                for implementation in IMPLEMENTATIONS[:-1]:
                    begin_step(f"{implementation}, {case.label}, counting RPCs")
                    running = processes[implementation]
                    request = case.request(running)
                    count = max(MIN_COUNTED, round(runs[case.label][implementation][0].rate * scale.seconds))
                    before = counter.count()
                    load.run_count(request, running.port, case.connections, count)
                    rpcs[case.label][implementation] = (counter.count() - before) / count
    return rpcs
