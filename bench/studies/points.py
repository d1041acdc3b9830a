"""A point of the study `growth`: the measured values of one of our functions at one size."""

from collections.abc import Sequence
from dataclasses import dataclass

ACCEPT, STORE, READ = "accept", "store", "read"
PAGE_SIZE = 50


@dataclass(frozen=True)
class Point:
    """The measured values at one size."""

    at: int  # the size
    time: float  # milliseconds, median
    cpu: float  # milliseconds a request
    own: float | None = None  # milliseconds, median, without the time of the direct RPC
    rate: float | None = None  # records a second
    group: float | None = None  # records an RPC


def cpu_growth(points: Sequence[Point]) -> float:
    """CPU time at the last size divided by that at the first; CPU is the only value without the emulator's scan."""
    return points[-1].cpu / points[0].cpu
