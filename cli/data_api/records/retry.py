"""Makes a call again while it may still succeed.

Owns how long to wait between tries, and when to give up.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import TypeVar

from data_api.records.errors import ApiError

LIMIT = 60.0  # seconds from the first try to the beginning of the last
FIRST, LONGEST = 0.5, 8.0  # seconds between tries, of which chance takes off up to a half

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Patience:
    """What waiting is made of; tests put their own in place."""

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random


def patiently(call: Callable[[], Result], patience: Patience, notice: Callable[[str], None]) -> Result:
    """The call's result. Raises its last ApiError if that cannot pass, or would not within the limit."""
    end = patience.clock() + LIMIT
    for tries in count():
        try:
            return call()
        except ApiError as error:
            wait = max(_backoff(tries, patience.chance()), error.retry_after)
            if not error.passing or patience.clock() + wait > end:
                raise
            notice(f"{error.message} Trying again in {wait:.2g} s.")
            patience.sleep(wait)
    raise AssertionError  # count() has no end


def _backoff(tries: int, chance: float) -> float:
    """Seconds; halved by chance, so that clients turned away together do not come back together."""
    return min(FIRST * 2.0 ** min(tries, 10), LONGEST) * (1 - chance / 2)
