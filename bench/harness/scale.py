"""How much is measured: everything, or in two minutes enough to see that the benchmark works."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """The numbers of rounds, requests and records, and the durations."""

    rounds: int
    seconds: int  # of one run of load; wrk takes only whole seconds
    warm_up_starts: int  # not measured; they write the bytecode, if no earlier section has
    starts: int  # cold starts of each function and implementation
    starts_without_bytecode: int
    profiles: int  # starts whose imports are timed; the fastest counts
    every_case: bool  # or only the cases with a target
    preloaded: int  # messages on the topic
    pushed: int  # messages that the emulator itself delivers
    visible: int  # seconds of measuring the time to visible, once without load and once under load
    stored: Sequence[int]  # records of one user, at each point
    sizes: Sequence[int]  # bytes of a record, at each point
    lines: Sequence[int]  # records in one POST, at each point
    connections: Sequence[int]  # concurrent pushes, at each point
    requests_per_point: int  # requests at each count of stored records


FULL = Scale(
    rounds=3,
    seconds=2,
    warm_up_starts=1,
    starts=5,
    starts_without_bytecode=1,
    profiles=2,
    every_case=True,
    preloaded=10_000,
    pushed=500,
    visible=10,
    stored=(100, 1_000, 10_000, 100_000),
    sizes=(100, 1_024, 16_384, 131_072, 262_144),
    lines=(1, 10, 100, 1_000),
    connections=(1, 8, 32, 128, 512),
    requests_per_point=100,
)
QUICK = Scale(
    rounds=1,
    seconds=1,
    warm_up_starts=0,
    starts=1,
    starts_without_bytecode=0,
    profiles=1,
    every_case=False,
    preloaded=2_000,
    pushed=100,
    visible=2,
    stored=(100, 1_000),
    sizes=(),
    lines=(),
    connections=(),
    requests_per_point=60,
)
