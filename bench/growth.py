"""Measures how our functions take growth: of what a user has stored, of a record, of a POST, of a group of pushes.

Owns which growths there are. Leaves the first to `growing_user.py`, the others to `growing_requests.py`.
"""

from collections.abc import Mapping, Sequence

from bench import growing_requests, growing_user
from bench.points import Point
from bench.processes import Starter
from bench.progress import Tell
from bench.scale import Scale

STORED, SIZES, LINES, GROUPS = "stored records of the user", "bytes a record", "records a POST", "pushes at once"

Growth = Mapping[str, Mapping[str, Sequence[Point]]]  # by what grows, and by what is done


def steps(scale: Scale) -> int:
    """How often `measured` tells what it does."""
    return len(scale.stored) + len(scale.sizes) + len(scale.lines) + len(scale.connections)


def measured(starter: Starter, scale: Scale, tell: Tell) -> Growth:
    """All of it."""
    found: dict[str, dict[str, list[Point]]] = {kind: {} for kind in (STORED, SIZES, LINES, GROUPS)}
    stored = growing_user.measured(starter, scale.stored, scale.looks, lambda count: tell(f"{count:,} {STORED}"))
    for action, point in stored:
        found[STORED].setdefault(action, []).append(point)
    for kind, sizes, measure in (
        (SIZES, scale.sizes, growing_requests.sizes),
        (LINES, scale.lines, growing_requests.lines),
        (GROUPS, scale.connections, growing_requests.groups),
    ):
        for at in sizes:
            tell(f"{at:,} {kind}")
            for action, point in measure(starter, at, scale.seconds):
                found[kind].setdefault(action, []).append(point)
    return found
