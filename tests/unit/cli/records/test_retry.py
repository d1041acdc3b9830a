"""How long the client retries."""

import itertools
from dataclasses import dataclass, field

import pytest

from data_api.records.api.errors import ApiError
from data_api.records.api.retry import TIMEOUT, RetryTiming, call_with_retries


@dataclass
class Clock:
    time: float = 0.0
    waits: list[float] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds


def attempt(clock: Clock, errors: list[ApiError], jitter: float = 0.0) -> str:
    remaining = iter(errors)

    def call() -> str:
        for error in remaining:
            raise error
        return "done"

    timing = RetryTiming(clock.sleep, lambda: clock.time, lambda: jitter)
    return call_with_retries(call, timing, clock.notices.append)


def busy(retry_after: int = 0) -> ApiError:
    return ApiError("Busy.", retryable=True, retry_after=retry_after)


def test_a_call_that_succeeds_waits_for_nothing() -> None:
    clock = Clock()
    assert "done" == attempt(clock, [])
    assert ([], []) == (clock.waits, clock.notices)


def test_waits_grow_to_a_limit_and_are_announced() -> None:
    clock = Clock()
    assert "done" == attempt(clock, [busy() for _ in range(7)])
    assert [0.5, 1, 2, 4, 8, 8, 8] == clock.waits
    assert "Busy. Trying again in 8 s." == clock.notices[-1]


def test_jitter_takes_off_up_to_a_half() -> None:
    clock = Clock()
    attempt(clock, [busy(), busy()], jitter=1.0)
    assert [0.25, 0.5] == clock.waits


def test_retry_after_makes_a_wait_longer_and_never_shorter() -> None:
    clock = Clock()
    attempt(clock, [busy(retry_after=20), busy(), busy(), busy(retry_after=1)])
    assert [20, 1, 2, 4] == clock.waits


def test_the_last_error_is_raised_within_the_timeout() -> None:
    clock = Clock()
    errors = [busy() for _ in range(100)]
    with pytest.raises(ApiError) as raised:
        attempt(clock, errors)
    assert raised.value is errors[len(clock.waits)]
    assert TIMEOUT - 8 < sum(clock.waits) <= TIMEOUT


def test_a_wait_beyond_the_timeout_is_not_started() -> None:
    clock = Clock()
    with pytest.raises(ApiError):
        attempt(clock, [busy(retry_after=61)])
    assert [] == clock.waits


def test_an_error_that_is_not_retryable_is_raised_at_once() -> None:
    clock = Clock()
    with pytest.raises(ApiError):
        attempt(clock, list(itertools.repeat(ApiError("No."), 2)))
    assert [] == clock.waits
