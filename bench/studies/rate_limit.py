"""Measures what one caller who sends a hundred times as much as they may does to the answers of the others.

Owns the three cases: the others alone, beside that caller with the throttle on, and beside the same caller where no
limit is set. In each round all three on one emulator; the first two, of which the level is, on the same process, in
turns the one and the other first.
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
from bench.harness.progress import Tell
from bench.harness.runs import Spread, spread
from bench.harness.scale import Scale
from bench.workload import messages
from data_api.shared.errors import CliError

LIMIT = 20  # records a second that one user may post
TIMES = 100  # what the one caller sends of that
USERS, RATE = 50, 500  # the others: so many of them post so many records a second together, half of what they may
CONNECTIONS, OTHERS_CONNECTIONS = 40, 50
LONGER = 3  # runs: the 99th percentile of the others needs many of their few requests
WARM_UP = 1  # seconds
ALONE, THROTTLED, UNLIMITED = "alone", "beside one who is throttled", "beside the same one without a limit"
_LIMITS = json.dumps({"data.write": {"rate": LIMIT, "burst": LIMIT}})


@dataclass(frozen=True)
class RateLimitStudy:
    """By case and round: how the others were answered, in milliseconds, and the requests a second of the one caller."""

    others: Mapping[str, Sequence[Load]]
    one: Mapping[str, Sequence[Load]]

    @property
    def moved(self) -> Spread:
        """The others' 99th percentile beside the throttled caller, against that alone."""
        pairs = zip(self.others[THROTTLED], self.others[ALONE], strict=True)
        return spread([beside.p99 / alone.p99 for beside, alone in pairs])


def steps(scale: Scale) -> int:
    """How often `measured` tells what it does."""
    return len((ALONE, THROTTLED, UNLIMITED)) * scale.rounds


def measured(starter: Starter, scale: Scale, tell: Tell) -> RateLimitStudy:
    """All of it."""
    others: dict[str, list[Load]] = defaultdict(list)
    one: dict[str, list[Load]] = defaultdict(list)
    for number in range(scale.rounds):
        with emulators.behind(starter, "generate") as emulator:
            hosts = {emulators.variable("generate"): emulator.host}
            for settings, cases in (({"LIMITS": _LIMITS}, (ALONE, THROTTLED)), ({}, (UNLIMITED,))):
                with implementations.implementation(starter, OURS, "generate", hosts, settings) as running:
                    wait_for(running)
                    _others(running, WARM_UP)
                    for case in cases if number % 2 == 0 else cases[::-1]:
                        tell(f"{case}, round {number + 1} of {scale.rounds}")
                        if case == ALONE:
                            others[case].append(_others(running, scale.seconds * LONGER))
                        else:
                            one[case].append(_beside(running, scale.seconds * LONGER, others[case]))
    return RateLimitStudy(others, one)


def _beside(running: Running, seconds: int, others: list[Load]) -> Load:
    """What came of the one caller; what came of the others, who post meanwhile, is added to `others`."""
    posting = threading.Thread(target=lambda: others.append(_others(running, seconds)), daemon=True)
    before = len(others)
    posting.start()
    result = load.run(
        replace(messages.post(), headers={**messages.post().headers, **messages.caller("eve")}),
        running.port,
        CONNECTIONS,
        seconds,
        pause=1_000 * CONNECTIONS // (LIMIT * TIMES),
        may_be_refused=True,
    )
    posting.join()
    if len(others) == before:
        raise CliError("The load of the others failed, so nothing was measured of them.")
    return result


def _others(running: Running, seconds: int) -> Load:
    callers = [messages.caller(f"user-{number}") for number in range(USERS)]
    pause = 1_000 * OTHERS_CONNECTIONS // RATE
    return load.run(messages.post(), running.port, OTHERS_CONNECTIONS, seconds, pause=pause, callers=callers)
