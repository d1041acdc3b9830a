"""The case `store`: pushes of one message each, stored in the Firestore emulator.

Every push has a different message, because a message that is already stored costs less.
"""

from bench.cases.accept import label
from bench.harness.processes import Running
from bench.harness.scale import Scale
from bench.harness.side_by_side import Case, Subject
from bench.workload import messages
from bench.workload.answers import expect

CONNECTIONS = (1, 32, 100, 128)
TARGET_CONNECTIONS = (32, 100)  # the cost is calculated from the first, the second has a target in report/targets.py


def subject(scale: Scale) -> Subject:
    """The function and its cases."""
    counts = CONNECTIONS if scale.every_case else TARGET_CONNECTIONS
    cases = [Case(label(count), count, lambda _: messages.push()) for count in counts]
    return Subject("persist", cases, lambda _: None, _check)


def _check(running: Running) -> None:
    push = messages.complete(messages.push())
    expect(running, push, 204)
    expect(running, push, 204)  # a second delivery of the same message
