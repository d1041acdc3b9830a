"""Tests that the work for something large leaves the event loop to others."""

import asyncio
import threading

import pytest

from dataapi import large
from dataapi.large import LARGE

TIMEOUT = 10.0  # seconds that a busy machine may take


def here() -> bool:
    return threading.current_thread() is threading.main_thread()


async def test_the_work_for_little_is_done_at_once() -> None:
    assert await large.call(LARGE, here)
    assert not await large.call(LARGE + 1, here)


async def test_the_event_loop_goes_on_during_the_work_for_much() -> None:
    went_on = threading.Event()
    work = asyncio.ensure_future(large.call(LARGE + 1, went_on.wait, timeout=TIMEOUT))
    await asyncio.sleep(0)
    went_on.set()
    assert await work


async def test_much_is_done_one_after_the_other() -> None:
    threads = {await done for done in [large.call(LARGE + 1, threading.get_ident) for _ in range(3)]}
    assert 1 == len(threads)


async def test_an_error_reaches_the_caller() -> None:
    for size in (0, LARGE + 1):
        with pytest.raises(ValueError, match="invalid literal"):
            await large.call(size, int, "x")
