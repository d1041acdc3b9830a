"""Holds what was measured against the levels to be reached.

Owns the levels: what is compared with what, in which case, and how far it has to be. A ratio is taken round by round
and its median counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench import accept, growth, read
from bench.cold_start import WITH
from bench.contenders import BARE, FUNCTIONS, OURS, USUAL
from bench.results import Results
from bench.runs import Run, Spread, Value, spread
from bench.visible import UNDER_LOAD

FLAT = 1.25  # CPU time of a request with the most records stored, against that with the fewest; processors vary as much
MEMORY = 72  # MiB
VISIBLE = 60  # milliseconds
_OF = {"generate": "accept", "persist": "store", "present": "read"}


@dataclass(frozen=True)
class Level:
    """What is to be reached: at least `bound`, or at most."""

    name: str
    bound: float
    is_least: bool
    unit: str  # behind a figure: "×", "MiB", "ms"

    def holds(self, value: float) -> bool:
        """Whether a measured value reaches it."""
        return value >= self.bound if self.is_least else value <= self.bound


@dataclass(frozen=True)
class Reached:
    """A level, and what was measured."""

    level: Level
    value: Spread

    @property
    def holds(self) -> bool:
        """By the median of the rounds."""
        return self.level.holds(self.value.middle)

    def as_json(self) -> dict[str, Any]:
        """One object."""
        return {
            "level": self.level.name,
            "bound": self.level.bound,
            "is_least": self.level.is_least,
            "measured": round(self.value.middle, 3),
            "least": round(self.value.least, 3),
            "most": round(self.value.most, 3),
            "holds": self.holds,
        }


def reached(results: Results) -> list[Reached]:
    """Every level of what was measured."""
    found = [_ratios, _preloaded, _cold_starts, _memory, _visible, _growth]
    return [each for find in found for each in find(results)]


def _rate(run: Run) -> float:
    return run.rate


def _p50(run: Run) -> float:
    return run.p50


_RATIOS: tuple[tuple[str, str, str, Value, Level], ...] = (
    ("accept", accept.label(32), USUAL, _rate, Level(f"accept, 32 connections, throughput against {USUAL}", 12, True, "×")),
    ("accept", accept.label(32), BARE, _rate, Level(f"accept, 32 connections, throughput against the {BARE}", 0.55, True, "×")),
    ("accept", accept.label(1), USUAL, _p50, Level(f"accept, 1 connection, p50 against {USUAL}", 0.10, False, "×")),
    ("store", accept.label(100), USUAL, _rate, Level(f"store, 100 connections, throughput against {USUAL}", 8, True, "×")),
    (
        "read",
        read.label(read.FIRST, read.LEVEL),
        USUAL,
        _rate,
        Level(f"read of 50, 16 connections, throughput against {USUAL}", 6, True, "×"),
    ),
)


def _ratios(results: Results) -> Iterator[Reached]:
    for name, case, other, value, level in _RATIOS:
        if name in results.functions:
            yield Reached(level, results.functions[name].ratio(case, OURS, other, value))


def _preloaded(results: Results) -> Iterator[Reached]:
    if results.preloaded:
        level = Level("store from a preloaded topic, against BulkWriter fed from memory", 0.6, True, "×")
        yield Reached(level, results.preloaded.against_bulk)


def _cold_starts(results: Results) -> Iterator[Reached]:
    if results.cold_start:
        for function in FUNCTIONS:
            for other, bound in ((USUAL, 0.80), (BARE, 1.9)):
                level = Level(f"cold start of {function} {WITH}, against {_article(other)}{other}", bound, False, "×")
                yield Reached(level, results.cold_start.ratio(function, OURS, other))


def _memory(results: Results) -> Iterator[Reached]:
    for function, name in _OF.items():
        if name in results.functions:
            held = spread([each.resident for each in results.functions[name].memory[OURS]])
            yield Reached(Level(f"resident memory of {function} after load", MEMORY, False, " MiB"), held)


def _visible(results: Results) -> Iterator[Reached]:
    if results.visible:
        worst = results.visible.percentile(UNDER_LOAD, 99)
        level = Level(f"time to visible {UNDER_LOAD}, p99", VISIBLE, False, " ms")
        yield Reached(level, Spread(worst, worst, worst))


def _growth(results: Results) -> Iterator[Reached]:
    if results.growth:
        for action, points in results.growth[growth.STORED].items():
            grown = growth.grown(points)
            name = f"{action}: CPU time a request from {points[0].at:,} to {points[-1].at:,} stored records"
            yield Reached(Level(name, FLAT, False, "×"), Spread(grown, grown, grown))


def _article(who: str) -> str:
    return "the " if who == BARE else ""


