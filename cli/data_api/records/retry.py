"""Repeats a call that failed with a transient error: exponential backoff with jitter, within a time limit."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import TypeVar

from data_api.records.errors import ApiError

LIMIT = 60.0  # seconds from the first try to the beginning of the last
FIRST, LONGEST = 0.5, 8.0  # seconds between attempts, of which the jitter takes off up to a half

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Backoff:
    """The clock, the sleep and the random numbers of the retries; tests replace them."""

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random


def with_retries(call: Callable[[], Result], backoff: Backoff, notice: Callable[[str], None]) -> Result:
    """The call's result. Raises its last ApiError if that is not transient, or if the limit is reached."""
    end = backoff.clock() + LIMIT
    for tries in count():
        try:
            return call()
        except ApiError as error:
            wait = max(_wait(tries, backoff.chance()), error.retry_after)
            if not error.is_transient or backoff.clock() + wait > end:
                raise
            notice(f"{error.message} Trying again in {wait:.2g} s.")
            backoff.sleep(wait)
    raise AssertionError  # count() has no end


def _wait(tries: int, chance: float) -> float:
    """Seconds before the next attempt; the jitter keeps clients that failed together from retrying together."""
    return min(FIRST * 2.0 ** min(tries, 10), LONGEST) * (1 - chance / 2)
