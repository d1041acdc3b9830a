"""Says what a point of a growth is: what was measured of one of our functions at one size of something."""

from collections.abc import Sequence
from dataclasses import dataclass

ACCEPT, STORE, READ = "accept", "store", "read"
PAGE = 50


@dataclass(frozen=True)
class Point:
    """What was measured at one size. Times are medians in milliseconds, `own` without the bare RPC; CPU a request."""

    at: int
    time: float
    cpu: float
    own: float | None = None
    rate: float | None = None  # records a second
    group: float | None = None  # records an RPC


def grown(points: Sequence[Point]) -> float:
    """The CPU time of a request at the last size against the first: the one measure with nothing of the scan in it."""
    return points[-1].cpu / points[0].cpu
