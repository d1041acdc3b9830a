"""Says what a part of the stack is: a process that listens on a port, and what is to be done with it.

Owns the one form in which `emulator_processes.py`, `function_parts.py` and `stack.py` name their parts.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from data_api.stack.runtime import readiness
from data_api.stack.runtime.readiness import Probe


@dataclass(frozen=True)
class ProcessSpec:
    """A process of the stack."""

    name: str
    title: str  # as in "The … ended"
    port: int
    command: Callable[[], Sequence[str]]  # may take a while: it is asked for in a thread
    environ: Mapping[str, str]
    answers: Probe = readiness.accepts
    restarts: bool = False  # whether it is started again when it ends; else its end is the stack's
    is_heard: bool = False  # whether what it writes is shown in the terminal
