"""Garbage collection skips objects that exist at startup, and still collects what requests leave behind."""

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
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_objects_that_exist_at_startup_are_not_scanned_again() -> None:
    objects = len(gc.get_objects())
    gc_tuning.freeze_startup_objects()
    assert len(gc.get_objects()) < objects / 10
    assert gc.get_threshold()[0] > 10_000


def test_cycles_that_requests_leave_behind_are_still_collected() -> None:
    gc_tuning.freeze_startup_objects()
    cycle = weakref.ref(Cycle())
    gc.collect()
    assert cycle() is None
    assert gc.isenabled()
