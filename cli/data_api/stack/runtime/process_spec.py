"""Describes a process of the stack: how to start it, and how to treat its output and its end.

`emulator_processes.py`, `function_processes.py` and `composition.py` make these descriptions for the supervisor.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from data_api.stack.runtime import readiness
from data_api.stack.runtime.readiness import Probe


@dataclass(frozen=True)
class ProcessSpec:
    """A process that listens on a port."""

    name: str
    title: str  # as in "The … ended"
    port: int
    command: Callable[[], Sequence[str]]  # may be slow, so it is called in a thread
    environ: Mapping[str, str]
    probe: Probe = readiness.accepts  # tells when it is ready
    restarts: bool = False  # whether it is restarted when it ends; else the whole stack stops
    shows_output: bool = False  # whether its output is shown in the terminal
