"""Runs another program to its end.

Owns how the client starts processes: without a shell, without a terminal to ask questions on.
Leaves what is run, and what its failure means, to `credentials.py` and `google_identity.py`.
"""

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that has ended."""

    code: int
    output: str
    complaint: str  # what it wrote to standard error


Run = Callable[[Sequence[str]], Ended]


def run(command: Sequence[str]) -> Ended:
    """Waits for the end; what the process writes is not shown."""
    done = subprocess.run(  # noqa: S603 - no shell, and the program is named by the client's own code
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return Ended(done.returncode, done.stdout.strip(), done.stderr.strip())
