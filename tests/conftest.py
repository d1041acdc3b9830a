"""Setup for all tiers of tests."""

import signal
from types import FrameType

import pytest

pytest.register_assert_rewrite("tests.support.functions.calls")  # so that its asserts show what they compared


def pytest_configure() -> None:
    """Lets what stops the tests end like Ctrl-C: the fixtures stop the processes that they have started."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # as under nohup
            signal.signal(number, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
