"""Measures our functions while one quantity grows.

The quantities are a user's stored records, the bytes of a record, the records of a POST, and the concurrent pushes.
"""

from collections.abc import Iterator, Mapping, Sequence

from bench.harness.processes import Starter
from bench.harness.progress import BeginStep
from bench.harness.scale import Scale
from bench.studies import growing_requests, growing_user
from bench.studies.points import Point

STORED, SIZES, LINES, GROUPS = "stored records of the user", "bytes a record", "records a POST", "pushes at once"

Growth = Mapping[str, Mapping[str, Sequence[Point]]]  # by the quantity that grows, and by action


def steps(scale: Scale) -> int:
    """The number of steps of `measure`."""
    return len(scale.stored) + len(scale.sizes) + len(scale.lines) + len(scale.connections)


def measure(starter: Starter, scale: Scale, begin_step: BeginStep) -> Growth:
    """Measures all quantities."""
    return {
        STORED: _by_action(
            growing_user.measure(
                starter, scale.stored, scale.requests_per_point, lambda at: begin_step(f"{at:,} {STORED}")
            )
        ),
        SIZES: _by_action(
            growing_requests.sizes(starter, scale.sizes, scale.seconds, lambda at: begin_step(f"{at:,} {SIZES}"))
        ),
        LINES: _by_action(
            growing_requests.lines(starter, scale.lines, scale.seconds, lambda at: begin_step(f"{at:,} {LINES}"))
        ),
        GROUPS: _by_action(
            growing_requests.groups(
                starter, scale.connections, scale.seconds, lambda at: begin_step(f"{at:,} {GROUPS}")
            )
        ),
    }


def _by_action(points: Iterator[tuple[str, Point]]) -> Mapping[str, Sequence[Point]]:
    results: dict[str, list[Point]] = {}
    for action, point in points:
        results.setdefault(action, []).append(point)
    return results
