"""How long the client tries."""

import itertools
from dataclasses import dataclass, field

import pytest

from data_api.records.errors import ApiError
from data_api.records.retry import LIMIT, Backoff, with_retries


@dataclass
class Clock:
    time: float = 0.0
    waits: list[float] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds


def attempt(clock: Clock, faults: list[ApiError], chance: float = 0.0) -> str:
    outcomes = iter(faults)

    def call() -> str:
        for error in outcomes:
            raise error
        return "done"

    return with_retries(call, Backoff(clock.sleep, lambda: clock.time, lambda: chance), clock.notices.append)


def busy(retry_after: int = 0) -> ApiError:
    return ApiError("Busy.", status=503, is_transient=True, retry_after=retry_after)


def test_a_call_that_succeeds_waits_for_nothing() -> None:
    clock = Clock()
    assert "done" == attempt(clock, [])
    assert ([], []) == (clock.waits, clock.notices)


def test_waits_grow_to_a_limit_and_are_told() -> None:
    clock = Clock()
    assert "done" == attempt(clock, [busy() for _ in range(7)])
    assert [0.5, 1, 2, 4, 8, 8, 8] == clock.waits
    assert "Busy. Trying again in 8 s." == clock.notices[-1]


def test_chance_takes_off_up_to_a_half() -> None:
    clock = Clock()
    attempt(clock, [busy(), busy()], chance=1.0)
    assert [0.25, 0.5] == clock.waits


def test_the_api_may_ask_for_more_and_never_for_less() -> None:
    clock = Clock()
    attempt(clock, [busy(retry_after=20), busy(), busy(), busy(retry_after=1)])
    assert [20, 1, 2, 4] == clock.waits


def test_the_last_fault_is_raised_within_the_limit() -> None:
    clock = Clock()
    faults = [busy() for _ in range(100)]
    with pytest.raises(ApiError) as raised:
        attempt(clock, faults)
    assert raised.value is faults[len(clock.waits)]
    assert LIMIT - 8 < sum(clock.waits) <= LIMIT


def test_a_wait_beyond_the_limit_is_not_begun() -> None:
    clock = Clock()
    with pytest.raises(ApiError):
        attempt(clock, [busy(retry_after=61)])
    assert [] == clock.waits


def test_what_cannot_pass_is_raised_at_once() -> None:
    clock = Clock()
    with pytest.raises(ApiError):
        attempt(clock, list(itertools.repeat(ApiError("No.", status=400), 2)))
    assert [] == clock.waits
