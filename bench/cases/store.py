"""Measures how records are stored: pushes of one message each, behind them an emulator of Firestore.

Every push has a message of its own: one that was stored before would be cheaper.
"""

from bench.cases.accept import label
from bench.harness.processes import Running
from bench.harness.scale import Scale
from bench.harness.side_by_side import Case, Subject
from bench.workload import messages
from bench.workload.answers import expect

CONNECTIONS = (1, 32, 100, 128)
LEVELS = (32, 100)  # the first is what money is reckoned with, the second has a level


def subject(scale: Scale) -> Subject:
    """What is measured."""
    cases = [
        Case(label(count), count, lambda _: messages.push()) for count in (CONNECTIONS if scale.every_case else LEVELS)
    ]
    return Subject("persist", cases, lambda _: None, _check)


def _check(running: Running) -> None:
    once = messages.alone(messages.push())
    expect(running, once, 204)
    expect(running, once, 204)  # a second delivery
