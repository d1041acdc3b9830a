"""Says how much is measured: all of it, or enough in two minutes to see that it works."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """How often, how long, how far."""

    rounds: int
    seconds: int  # of one run of load; wrk counts in whole ones
    rehearsals: int  # starts that leave bytecode behind, if no section before has
    starts: int  # cold starts of each function and contender
    starts_without: int  # the same without bytecode
    profiles: int  # starts whose imports are timed; the fastest counts
    every_case: bool  # or only those that a level is set for
    preloaded: int  # messages on the topic
    pushed: int  # messages that the emulator itself delivers
    visible: int  # seconds in which records are looked for, at rest and again under load
    stored: Sequence[int]  # records of one user, as they grow
    sizes: Sequence[int]  # bytes of a record, as they grow
    lines: Sequence[int]  # records in one POST, as they grow
    connections: Sequence[int]  # pushes at once, as groups grow
    looks: int  # requests to one point of a growth


FULL = Scale(
    rounds=3,
    seconds=2,
    rehearsals=1,
    starts=5,
    starts_without=1,
    profiles=2,
    every_case=True,
    preloaded=10_000,
    pushed=500,
    visible=10,
    stored=(100, 1_000, 10_000, 100_000),
    sizes=(100, 1_024, 16_384, 131_072, 262_144),
    lines=(1, 10, 100, 1_000),
    connections=(1, 8, 32, 128, 512),
    looks=100,
)
QUICK = Scale(
    rounds=1,
    seconds=1,
    rehearsals=0,
    starts=1,
    starts_without=0,
    profiles=1,
    every_case=False,
    preloaded=2_000,
    pushed=100,
    visible=2,
    stored=(100, 1_000),
    sizes=(),
    lines=(),
    connections=(),
    looks=60,
)
