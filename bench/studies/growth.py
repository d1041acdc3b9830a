"""Measures how our functions take growth: of what a user has stored, of a record, of a POST, of a group of pushes.

Owns which growths there are.
"""

from collections.abc import Iterator, Mapping, Sequence

from bench.harness.processes import Starter
from bench.harness.progress import Tell
from bench.harness.scale import Scale
from bench.studies import growing_requests, growing_user
from bench.studies.points import Point

STORED, SIZES, LINES, GROUPS = "stored records of the user", "bytes a record", "records a POST", "pushes at once"

Growth = Mapping[str, Mapping[str, Sequence[Point]]]  # by what grows, and by what is done


def steps(scale: Scale) -> int:
    """How often `measured` tells what it does."""
    return len(scale.stored) + len(scale.sizes) + len(scale.lines) + len(scale.connections)


def measured(starter: Starter, scale: Scale, tell: Tell) -> Growth:
    """All of it."""
    return {
        STORED: _by_action(
            growing_user.measured(starter, scale.stored, scale.looks, lambda at: tell(f"{at:,} {STORED}"))
        ),
        SIZES: _by_action(
            growing_requests.sizes(starter, scale.sizes, scale.seconds, lambda at: tell(f"{at:,} {SIZES}"))
        ),
        LINES: _by_action(
            growing_requests.lines(starter, scale.lines, scale.seconds, lambda at: tell(f"{at:,} {LINES}"))
        ),
        GROUPS: _by_action(
            growing_requests.groups(starter, scale.connections, scale.seconds, lambda at: tell(f"{at:,} {GROUPS}"))
        ),
    }


def _by_action(points: Iterator[tuple[str, Point]]) -> Mapping[str, Sequence[Point]]:
    results: dict[str, list[Point]] = {}
    for action, point in points:
        results.setdefault(action, []).append(point)
    return results
