"""Says how much is measured: all of it, or enough in two minutes to see that it works."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """How often, how long, how far."""

    rounds: int
    seconds: int  # of one run of load; wrk counts in whole ones
    starts: int  # cold starts of each kind
    preloaded: int  # messages on the topic
    pushed: int  # messages that the emulator itself delivers
    visible: int  # records that are looked for, at rest and under load
    stored: Sequence[int]  # records of one user, as they grow
    sizes: Sequence[int]  # bytes of a record, as they grow
    lines: Sequence[int]  # records in one POST, as they grow
    connections: Sequence[int]  # pushes at once, as groups grow
    looks: int  # requests to one point of a growth


FULL = Scale(
    rounds=5,
    seconds=4,
    starts=7,
    preloaded=20_000,
    pushed=1_000,
    visible=300,
    stored=(100, 1_000, 10_000, 100_000),
    sizes=(100, 1_024, 16_384, 131_072, 262_144),
    lines=(1, 10, 100, 1_000),
    connections=(1, 8, 32, 128, 512),
    looks=200,
)
QUICK = Scale(
    rounds=1,
    seconds=1,
    starts=1,
    preloaded=4_000,
    pushed=100,
    visible=50,
    stored=(100, 2_000),
    sizes=(100, 131_072),
    lines=(1, 1_000),
    connections=(1, 128),
    looks=40,
)
