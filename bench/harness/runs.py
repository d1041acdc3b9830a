"""The measured values: runs of load, their spread over the rounds, and the ratio of two implementations.

A ratio is calculated for each round, so that a change of the machine's speed affects both implementations.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench.harness.processes import Memory


@dataclass(frozen=True)
class Spread:
    """Median, minimum and maximum of the rounds."""

    median: float
    minimum: float
    maximum: float


@dataclass(frozen=True)
class Run:
    """One run of load on one implementation."""

    rate: float  # requests a second
    p50: float  # milliseconds
    p99: float  # milliseconds
    cpu: float  # milliseconds a request


Value = Callable[[Run], float]
Runs = Mapping[str, Mapping[str, Sequence[Run]]]  # by case and implementation, in the order of the rounds


@dataclass(frozen=True)
class FunctionResults:
    """The results of one function: runs, RPCs a request by case and implementation, and memory by implementation."""

    runs: Runs
    rpcs: Mapping[str, Mapping[str, float]]
    memory: Mapping[str, Sequence[Memory]]

    def spread(self, case: str, implementation: str, value: Value) -> Spread:
        """Of a value over the rounds."""
        return spread([value(run) for run in self.runs[case][implementation]])

    def ratio(self, case: str, implementation: str, reference: str, value: Value) -> Spread:
        """An implementation's value divided by the reference's, over the rounds."""
        pairs = zip(self.runs[case][implementation], self.runs[case][reference], strict=True)
        return spread([value(one) / value(two) for one, two in pairs])


def spread(values: Sequence[float]) -> Spread:
    """Of at least one value."""
    return Spread(median(values), min(values), max(values))
