"""Keeps garbage collection out of the way of requests.

What was imported lives as long as the instance. A collector that scans all of it again and again costs a tenth of the
throughput and makes the slowest answers three times as slow (docs/performance.md). Cycles that requests leave behind
are still collected.
"""

import gc

_THRESHOLDS = 20_000, 50, 100  # allocations more than deallocations; young collections; middle-aged collections


def freeze_startup_objects() -> None:
    """Excludes all objects that exist now from collection: call it when everything is imported and connected."""
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
