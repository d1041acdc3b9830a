"""That the collector looks no more at what is there to stay, and still finds what requests leave behind."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from dataapi import gc_tuning


class Cycle:
    """Is freed by the collector only."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    before = gc.get_threshold()
    gc.unfreeze()
    gc_tuning.settle.cache_clear()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_what_stands_at_the_first_request_is_looked_through_no_more() -> None:
    lasting = len(gc.get_objects())
    gc_tuning.settle()
    assert len(gc.get_objects()) < lasting / 10
    assert gc.get_threshold()[0] > 10_000


def test_only_the_first_request_settles() -> None:
    gc_tuning.settle()
    frozen = gc.get_freeze_count()
    later = [Cycle() for _ in range(10)]
    gc_tuning.settle()
    assert gc.get_freeze_count() < frozen + len(later)


def test_what_requests_leave_behind_is_still_collected() -> None:
    gc_tuning.settle()
    left = weakref.ref(Cycle())
    gc.collect()
    assert left() is None
    assert gc.isenabled()
