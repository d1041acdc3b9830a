"""Keeps garbage collection out of the way of requests.

What was imported stays for the life of the instance: a collector that looks through all of it again and again costs a
tenth of the throughput, and makes the slowest answers three times as slow (docs/performance.md). What requests leave
behind in cycles is still collected.
"""

import gc
from functools import cache

_THRESHOLDS = 20_000, 50, 100  # objects more than were freed; collections of the young; of the middle-aged


@cache
def settle() -> None:
    """Takes what stands so far for lasting. At the first request, when all is imported and before there is garbage."""
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
