"""Repeats a call until it succeeds, cannot succeed any more, or the time is up."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from data_api.records.api.errors import ApiError

TIMEOUT = 60.0  # seconds from the start of the first try to the start of the last
FIRST_WAIT, LONGEST_WAIT = 0.5, 8.0  # seconds between tries; jitter takes off up to a half

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class RetryTiming:
    """What retries use to wait; tests replace it."""

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = random.random


def call_with_retries(call: Callable[[], Result], timing: RetryTiming, notify: Callable[[str], None]) -> Result:
    """The call's result. Raises its last ApiError if that is not retryable or the next try would start too late."""
    deadline = timing.clock() + TIMEOUT
    retries = 0
    while True:
        try:
            return call()
        except ApiError as error:
            wait = max(_backoff(retries, timing.jitter()), error.retry_after)
            if not error.retryable or timing.clock() + wait > deadline:
                raise
            notify(f"{error.message} Trying again in {wait:.2g} s.")
            timing.sleep(wait)
            retries += 1


def _backoff(retries: int, jitter: float) -> float:
    """Seconds; with jitter, so that clients rejected together do not come back together."""
    return min(FIRST_WAIT * 2.0 ** min(retries, 10), LONGEST_WAIT) * (1 - jitter / 2)
