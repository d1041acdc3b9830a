"""Tests how long and how often a record is waited for."""

from itertools import pairwise

import pytest

from dataapi.http import prefer_wait
from dataapi.records.record import Record
from tests.support.functions import clock
from tests.support.functions.clock import Clock
from tests.support.functions.examples import new_user, record_of

RECORD = record_of(new_user())


class Looks:
    """Records the times of the reads; the record exists from a given time, or never."""

    def __init__(self, clock: Clock, there_after: float | None) -> None:
        self.at: list[float] = []
        self._clock = clock
        self._begin = clock.now
        self._there_after = there_after

    async def find(self) -> Record | None:
        self.at.append(self._clock.now - self._begin)
        is_there = self._there_after is not None and self.at[-1] >= self._there_after
        return RECORD if is_there else None


@pytest.fixture
def fast_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return clock.replaced(monkeypatch)


def test_the_wait_that_is_preferred_is_cut_to_ten_seconds() -> None:
    alone = {"wait=5": 5, "wait=0": 0, "wait=10": 10, "wait=11": 10, "wait=999999": 10, "WAIT = 5": 5, 'wait="5"': 5}
    beside_others = ["respond-async, wait=5", "wait=5; handling=lenient", "respond-async;wait=5,handling=lenient"]
    no_seconds = ["", "wait", "wait=", "wait=-5", "wait=5.5", "wait=5s", "wait=\N{ARABIC-INDIC DIGIT FIVE}"]
    no_waits = ["wait=9999999", "respond-async", "no-wait=5", "await=5"]
    expected = {**alone, **dict.fromkeys(beside_others, 5), **dict.fromkeys(no_seconds + no_waits)}
    assert expected == {prefer: prefer_wait.preferred(prefer) for prefer in expected}


@pytest.mark.parametrize("seconds", [0, 10])
async def test_a_record_that_is_there_is_found_at_the_first_look(fast_clock: Clock, seconds: float) -> None:
    looks = Looks(fast_clock, there_after=0)
    assert RECORD == await prefer_wait.until_found(looks.find, seconds)
    assert [0] == looks.at


async def test_without_a_wait_there_is_one_read(fast_clock: Clock) -> None:
    looks = Looks(fast_clock, there_after=None)
    assert await prefer_wait.until_found(looks.find, 0) is None
    assert [0] == looks.at


@pytest.mark.parametrize("there_after", [0.001, 0.1, 1, 9])
async def test_a_record_that_comes_is_found_soon_after(fast_clock: Clock, there_after: float) -> None:
    looks = Looks(fast_clock, there_after)
    assert RECORD == await prefer_wait.until_found(looks.find, 10)
    assert there_after <= looks.at[-1] <= there_after + 0.4


async def test_for_a_record_that_never_comes_the_wait_is_used_and_not_exceeded(fast_clock: Clock) -> None:
    looks = Looks(fast_clock, there_after=None)
    assert await prefer_wait.until_found(looks.find, 10) is None
    assert 9.6 <= looks.at[-1] <= 10


async def test_the_pauses_grow_so_that_ten_seconds_cost_about_thirty_looks(fast_clock: Clock) -> None:
    looks = Looks(fast_clock, there_after=None)
    await prefer_wait.until_found(looks.find, 10)
    pauses = [after - before for before, after in pairwise(looks.at)]
    assert 0.02 == pytest.approx(pauses[0])
    assert 0.4 == pytest.approx(pauses[-1])
    assert all(after >= before - 1e-9 for before, after in pairwise(pauses))
    assert 25 <= len(looks.at) <= 35
