"""Holds what was measured against the levels to be reached.

Owns the levels: what is compared with what, in which case, and how far it has to be. A ratio is taken round by round
and its median counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from bench.cases import accept, read
from bench.harness.implementations import BARE, FUNCTIONS, IN_WORDS, OURS, USUAL
from bench.harness.runs import Run, Spread, Value, spread
from bench.report.results import Results
from bench.studies import growth
from bench.studies.points import grown
from bench.studies.visible import UNDER_LOAD

FLAT = 1.25  # CPU time of a request with the most records stored, against that with the fewest; processors vary as much
MEMORY = 72  # MiB
VISIBLE = 60  # milliseconds
MOVED = 1.2  # by a fifth
Sign = Literal["≥", "≤"]
_OF = {"generate": "accept", "persist": "store", "present": "read"}


@dataclass(frozen=True)
class Level:
    """What is to be reached: at least (≥) or at most (≤) a bound."""

    name: str
    sign: Sign
    bound: float
    unit: str = ""  # of a ratio none

    def holds(self, value: float) -> bool:
        """Whether a measured value reaches it."""
        return value >= self.bound if self.sign == "≥" else value <= self.bound


@dataclass(frozen=True)
class Reached:
    """A level, and what was measured."""

    level: Level
    value: Spread

    @property
    def holds(self) -> bool:
        """By the median of the rounds."""
        return self.level.holds(self.value.median)

    def as_json(self) -> dict[str, Any]:
        """One object."""
        return {
            "level": self.level.name,
            "bound": self.level.bound,
            "sign": self.level.sign,
            "measured": round(self.value.median, 3),
            "least": round(self.value.least, 3),
            "most": round(self.value.most, 3),
            "holds": self.holds,
        }


def reached(results: Results) -> list[Reached]:
    """Every level of what was measured."""
    checks = [_ratios, _preloaded, _cold_starts, _memory, _visible, _rate_limit, _growth]
    return [level for find in checks for level in find(results)]


def _rate(run: Run) -> float:
    return run.rate


def _p50(run: Run) -> float:
    return run.p50


_RATIOS: tuple[tuple[str, str, str, Value, Sign, float, str], ...] = (
    ("accept", accept.label(32), USUAL, _rate, "≥", 12, "accept, 32 connections, throughput"),
    ("accept", accept.label(32), BARE, _rate, "≥", 0.55, "accept, 32 connections, throughput"),
    ("accept", accept.label(1), USUAL, _p50, "≤", 0.10, "accept, 1 connection, p50"),
    ("store", accept.label(100), USUAL, _rate, "≥", 8, "store, 100 connections, throughput"),
    ("read", read.label(read.FIRST, read.LEVEL), USUAL, _rate, "≥", 6, "read of 50, 16 connections, throughput"),
)  # of ours against another: in which case, by which value, and the level


def _ratios(results: Results) -> Iterator[Reached]:
    for function, case, other, value, sign, bound, name in _RATIOS:
        if function in results.functions:
            level = Level(f"{name} against {IN_WORDS[other]}", sign, bound)
            yield Reached(level, results.functions[function].ratio(case, OURS, other, value))


def _preloaded(results: Results) -> Iterator[Reached]:
    if results.preloaded:
        level = Level("store from a preloaded topic, against BulkWriter fed from memory", "≥", 0.6)
        yield Reached(level, results.preloaded.against_bulk)


def _cold_starts(results: Results) -> Iterator[Reached]:
    if results.cold_start:
        for function in FUNCTIONS:
            for other, bound in ((USUAL, 0.80), (BARE, 1.9)):
                level = Level(f"cold start of {function} against {IN_WORDS[other]}", "≤", bound)
                yield Reached(level, results.cold_start.ratio(function, OURS, other))


def _memory(results: Results) -> Iterator[Reached]:
    for function, name in _OF.items():
        if name in results.functions:
            memory_spread = spread([sample.resident for sample in results.functions[name].memory[OURS]])
            yield Reached(Level(f"resident memory of {function} after load", "≤", MEMORY, " MiB"), memory_spread)


def _visible(results: Results) -> Iterator[Reached]:
    if results.visible:
        worst = results.visible.percentile(UNDER_LOAD, 99)
        level = Level(f"time to visible {UNDER_LOAD}, p99", "≤", VISIBLE, " ms")
        yield Reached(level, Spread(worst, worst, worst))


def _rate_limit(results: Results) -> Iterator[Reached]:
    if results.rate_limit:
        name = "p99 of the others beside one who sends a hundred times the limit, against alone"
        yield Reached(Level(name, "≤", MOVED), results.rate_limit.moved)


def _growth(results: Results) -> Iterator[Reached]:
    if results.growth:
        for action, points in results.growth[growth.STORED].items():
            ratio = grown(points)
            name = f"{action}: CPU a request, from {points[0].at:,} to {points[-1].at:,} stored records"
            yield Reached(Level(name, "≤", FLAT), Spread(ratio, ratio, ratio))
