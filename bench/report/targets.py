"""Compares the results with the performance targets.

Owns the targets: what is compared with what, in which case, and the bound. A ratio is calculated for each round, and
its median counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from bench.cases import accept, read
from bench.harness.implementations import BARE, COMMON, FUNCTIONS, LABELS, OURS
from bench.harness.runs import Run, Spread, Value, spread
from bench.report.results import Results
from bench.studies import growth
from bench.studies.points import cpu_growth
from bench.studies.visible import UNDER_LOAD

# CPU time of a request with the most records stored, divided by that with the fewest; processors vary this much.
MAX_CPU_GROWTH = 1.25
MAX_MEMORY = 72  # MiB
MAX_VISIBLE = 60  # milliseconds
MAX_P99_GROWTH = 1.2  # of the other callers, with one caller above the rate limit
MAX_NOISE = 2  # of the same, beside one user who keeps sending the most costly bodies
Sign = Literal["≥", "≤"]
_CASES = {"generate": "accept", "persist": "store", "present": "read"}


@dataclass(frozen=True)
class Target:
    """A value that must be at least (≥) or at most (≤) a bound."""

    name: str
    sign: Sign
    bound: float
    unit: str = ""  # a ratio has none

    def is_met(self, value: float) -> bool:
        """Whether a measured value is within the bound."""
        return value >= self.bound if self.sign == "≥" else value <= self.bound


@dataclass(frozen=True)
class TargetResult:
    """A target and the measured value."""

    target: Target
    value: Spread

    @property
    def is_met(self) -> bool:
        """Whether the median of the rounds is within the bound."""
        return self.target.is_met(self.value.median)

    def as_json(self) -> dict[str, Any]:
        """One object of results.json."""
        return {
            "target": self.target.name,
            "bound": self.target.bound,
            "sign": self.target.sign,
            "measured": round(self.value.median, 3),
            "min": round(self.value.minimum, 3),
            "max": round(self.value.maximum, 3),
            "met": self.is_met,
        }


def target_results(results: Results) -> list[TargetResult]:
    """The result of every target whose value was measured."""
    checks = [_ratios, _preloaded, _cold_starts, _memory, _visible, _rate_limit, _noisy_neighbor, _growth]
    return [result for check in checks for result in check(results)]


def _rate(run: Run) -> float:
    return run.rate


def _p50(run: Run) -> float:
    return run.p50


_RATIOS: tuple[tuple[str, str, str, Value, Sign, float, str], ...] = (
    ("accept", accept.label(32), COMMON, _rate, "≥", 12, "accept, 32 connections, throughput"),
    ("accept", accept.label(32), BARE, _rate, "≥", 0.55, "accept, 32 connections, throughput"),
    ("accept", accept.label(1), COMMON, _p50, "≤", 0.10, "accept, 1 connection, p50"),
    ("store", accept.label(100), COMMON, _rate, "≥", 8, "store, 100 connections, throughput"),
    ("read", read.label(read.FIRST, read.CONNECTIONS), COMMON, _rate, "≥", 6, "read of 50, 16 connections, throughput"),
)  # of ours to a reference implementation: section, case, reference, value, sign, bound, name


def _ratios(results: Results) -> Iterator[TargetResult]:
    for section, case, reference, value, sign, bound, name in _RATIOS:
        if section in results.functions:
            target = Target(f"{name}, ratio to {LABELS[reference]}", sign, bound)
            yield TargetResult(target, results.functions[section].ratio(case, OURS, reference, value))


def _preloaded(results: Results) -> Iterator[TargetResult]:
    if results.preloaded:
        target = Target("store from a preloaded topic, ratio to BulkWriter from memory", "≥", 0.6)
        yield TargetResult(target, results.preloaded.ratio_to_bulk_writer)


def _cold_starts(results: Results) -> Iterator[TargetResult]:
    if results.cold_start:
        for function in FUNCTIONS:
            for reference, bound in ((COMMON, 0.80), (BARE, 1.9)):
                target = Target(f"cold start of {function}, ratio to {LABELS[reference]}", "≤", bound)
                yield TargetResult(target, results.cold_start.ratio(function, OURS, reference))


def _memory(results: Results) -> Iterator[TargetResult]:
    for function, case in _CASES.items():
        if case in results.functions:
            target = Target(f"resident memory of {function} after load", "≤", MAX_MEMORY, " MiB")
            yield TargetResult(target, spread([sample.resident for sample in results.functions[case].memory[OURS]]))


def _visible(results: Results) -> Iterator[TargetResult]:
    if results.visible:
        p99 = results.visible.percentile(UNDER_LOAD, 99)
        target = Target(f"time to visible {UNDER_LOAD}, p99", "≤", MAX_VISIBLE, " ms")
        yield TargetResult(target, Spread(p99, p99, p99))


def _rate_limit(results: Results) -> Iterator[TargetResult]:
    if results.rate_limit:
        name = "p99 of the other callers with one caller at 100 times the rate limit, ratio to without"
        yield TargetResult(Target(name, "≤", MAX_P99_GROWTH), results.rate_limit.p99_ratio)


def _noisy_neighbor(results: Results) -> Iterator[TargetResult]:
    for kind, pairs in (results.noisy_neighbor or {}).items():
        target = Target(f"p99 of another user beside batches of {kind}, ratio to alone", "≤", MAX_NOISE)
        yield TargetResult(target, spread([pair.p99_ratio for pair in pairs]))


def _growth(results: Results) -> Iterator[TargetResult]:
    if results.growth:
        for action, points in results.growth[growth.STORED].items():
            ratio = cpu_growth(points)
            name = f"{action}: CPU a request, from {points[0].at:,} to {points[-1].at:,} stored records"
            yield TargetResult(Target(name, "≤", MAX_CPU_GROWTH), Spread(ratio, ratio, ratio))
