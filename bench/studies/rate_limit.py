"""Measures how one caller who sends 100 times the rate limit affects the responses of the other callers.

There are three cases: the other callers alone, with that caller and the rate limit, and with that caller and no limit.
Each round runs all three on one emulator. The first two, whose ratio has a target, run on the same process, in an order
that changes from round to round.
"""

import json
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bench.harness import emulators, implementations, load
from bench.harness.implementations import OURS
from bench.harness.load import Load
from bench.harness.processes import Running, Starter, wait_for
from bench.harness.progress import BeginStep
from bench.harness.runs import Spread, spread
from bench.harness.scale import Scale
from bench.workload import messages
from data_api.shared.errors import CliError

LIMIT = 20  # records a second that each user may post
FACTOR = 100  # the excessive caller sends this many times the limit
USERS = 50  # the other callers
OTHERS_RATE = 500  # records a second of all other callers together, half of what they may post
CONNECTIONS, OTHERS_CONNECTIONS = 40, 50
RUN_FACTOR = 3  # longer runs: a 99th percentile needs many requests, and the other callers send few
WARM_UP = 1  # seconds
ALONE, THROTTLED, UNLIMITED = "alone", "with a caller who is throttled", "with the same caller and no limit"
_LIMITS = json.dumps({"data.write": {"rate": LIMIT, "burst": LIMIT}})


@dataclass(frozen=True)
class RateLimitStudy:
    """By case and round: the load of the other callers, and that of the excessive caller."""

    others: Mapping[str, Sequence[Load]]
    excessive: Mapping[str, Sequence[Load]]

    @property
    def p99_ratio(self) -> Spread:
        """The 99th percentile of the other callers with the throttled caller, divided by that without."""
        pairs = zip(self.others[THROTTLED], self.others[ALONE], strict=True)
        return spread([throttled.p99 / alone.p99 for throttled, alone in pairs])


def steps(scale: Scale) -> int:
    """The number of steps of `measure`."""
    return len((ALONE, THROTTLED, UNLIMITED)) * scale.rounds


def measure(starter: Starter, scale: Scale, begin_step: BeginStep) -> RateLimitStudy:
    """Measures the three cases in each round."""
    others: dict[str, list[Load]] = defaultdict(list)
    excessive: dict[str, list[Load]] = defaultdict(list)
    seconds = scale.seconds * RUN_FACTOR
    for number in range(scale.rounds):
        with emulators.emulator_for(starter, "generate") as emulator:
            hosts = {emulators.host_variable("generate"): emulator.host}
            for settings, cases in (({"LIMITS": _LIMITS}, (ALONE, THROTTLED)), ({}, (UNLIMITED,))):
                with implementations.started(starter, OURS, "generate", hosts, settings) as running:
                    wait_for(running)
                    _load_of_others(running, WARM_UP)
                    for case in cases if number % 2 == 0 else cases[::-1]:
                        begin_step(f"{case}, round {number + 1} of {scale.rounds}")
                        if case == ALONE:
                            others[case].append(_load_of_others(running, seconds))
                        else:
                            excessive[case].append(_excessive_load(running, seconds, others[case]))
    return RateLimitStudy(others, excessive)


def _excessive_load(running: Running, seconds: int, others: list[Load]) -> Load:
    """The load of the excessive caller; adds the load of the other callers at the same time to `others`."""
    thread = threading.Thread(target=lambda: others.append(_load_of_others(running, seconds)), daemon=True)
    before = len(others)
    thread.start()
    result = load.run(
        replace(messages.post(), headers={**messages.post().headers, **messages.caller("eve")}),
        running.port,
        CONNECTIONS,
        seconds,
        pause=1_000 * CONNECTIONS // (LIMIT * FACTOR),
        allow_rejected=True,
    )
    thread.join()
    if len(others) == before:
        raise CliError("The load of the other callers failed, so the rate limit was not measured.")
    return result


def _load_of_others(running: Running, seconds: int) -> Load:
    callers = [messages.caller(f"user-{number}") for number in range(USERS)]
    pause = 1_000 * OTHERS_CONNECTIONS // OTHERS_RATE
    return load.run(messages.post(), running.port, OTHERS_CONNECTIONS, seconds, pause=pause, callers=callers)
