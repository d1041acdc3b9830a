"""Says which signals ask a stack to stop, and answers them while there is nothing to stop.

Owns the time before the run, when to leave is all there is to do, and after it, when an impatient second Ctrl-C
must not turn a good end into a bad one. Imports nothing else, so that the first of these times is covered whole.
"""

import signal
from types import FrameType
from typing import NoReturn

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def leave_when_asked() -> None:
    """From now on a signal to stop ends the program with 0, after the cleaning up of open blocks."""
    for stop_signal in STOP_SIGNALS:
        signal.signal(stop_signal, _leave)


def leave_in_peace() -> None:
    """From now on signals to stop change nothing: the end is near."""
    for stop_signal in STOP_SIGNALS:
        signal.signal(stop_signal, signal.SIG_IGN)


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)
