"""The signals that stop a stack, and their handling before and after it runs.

Before the run, such a signal only ends the program. After it, a second Ctrl-C must not turn a successful end into an
error. The module imports nothing slow, so that the first handlers are set as early as possible.
"""

import signal
from types import FrameType
from typing import NoReturn

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def exit_on_stop_signals() -> None:
    """From now on a stop signal ends the program with 0, after the cleanup of open `with` blocks."""
    for stop_signal in STOP_SIGNALS:
        signal.signal(stop_signal, _exit)


def ignore_stop_signals() -> None:
    """From now on stop signals are ignored, because the program is ending."""
    for stop_signal in STOP_SIGNALS:
        signal.signal(stop_signal, signal.SIG_IGN)


def _exit(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)
