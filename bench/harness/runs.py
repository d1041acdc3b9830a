"""Keeps what was measured, and says what stands in the middle of it.

Owns the forms that results have between measuring and writing: a run of load, the runs of a case by contender, the
spread of rounds, and the ratio of two contenders, which is taken round by round so that drift of the machine hits both.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench.harness.processes import Memory


@dataclass(frozen=True)
class Spread:
    """The median of several rounds, the least and the most."""

    median: float
    least: float
    most: float


@dataclass(frozen=True)
class Run:
    """One run of load on one contender; times in milliseconds, CPU a request."""

    rate: float
    p50: float
    p99: float
    cpu: float


Value = Callable[[Run], float]
Runs = Mapping[str, Mapping[str, Sequence[Run]]]  # by case and contender, in the order of the rounds


@dataclass(frozen=True)
class Measured:
    """What was found of one function: its runs, the RPCs a request by case, and memory by contender, round by round."""

    runs: Runs
    rpcs: Mapping[str, Mapping[str, float]]
    memory: Mapping[str, Sequence[Memory]]

    def spread(self, case: str, who: str, value: Value) -> Spread:
        """Over the rounds."""
        return spread([value(run) for run in self.runs[case][who]])

    def ratio(self, case: str, who: str, other: str, value: Value) -> Spread:
        """Of two contenders, over the rounds."""
        pairs = zip(self.runs[case][who], self.runs[case][other], strict=True)
        return spread([value(one) / value(two) for one, two in pairs])


def spread(values: Sequence[float]) -> Spread:
    """Of one value or more."""
    return Spread(median(values), min(values), max(values))
