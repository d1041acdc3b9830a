"""Keeps the states of the processes, and writes every change to the terminal and to state.json.

Owns the decision whether the stack is ready.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from data_api.shared import stack_state
from data_api.shared.stack_state import ProcessState, StackState
from data_api.stack.runtime.process_spec import ProcessSpec
from data_api.stack.runtime.processes import OnLine
from data_api.stack.terminal.terminal import Terminal

READY_STATES = {stack_state.READY, stack_state.EXTERNAL}


class Progress:
    """The states of the processes from the start of the run."""

    def __init__(self, folder: Path, initial: StackState, terminal: Terminal) -> None:
        self._folder = folder
        self._stack = initial
        self._terminal = terminal
        self._start_time = time.monotonic()
        self._changed = asyncio.Event()
        self._start_is_finished = False
        for process in initial.processes:
            if process.state == stack_state.EXTERNAL:  # the others are shown when they are started
                self._show(process)
        self._is_write_reported = False
        self._write()

    def set_state(self, name: str, state: str, pid: int | None = None) -> None:
        """Records and shows the new state of a process; without `pid` it does not run."""
        changed = replace(self._process(name), state=state, pid=pid, created=_created(pid))
        processes = tuple(changed if process.name == name else process for process in self._stack.processes)
        self._record(replace(self._stack, processes=processes))
        self._show(changed)
        self._changed.set()

    def line_callback(self, process: ProcessSpec) -> OnLine:
        """The function to call with each line of the process's output."""
        return partial(self._terminal.line, process.name) if process.shows_output else _ignore

    def say(self, text: str) -> None:
        """Shows a message that is not about a state."""
        self._terminal.say(text)

    async def wait_for(self, name: str) -> None:
        """Returns when this process is ready."""
        await self._wait_until(lambda: self._process(name).state in READY_STATES)

    async def wait_for_all(self) -> None:
        """Returns when every process is ready."""
        await self._wait_until(lambda: not self.not_ready())

    def not_ready(self) -> list[str]:
        """The names of the processes that are not ready."""
        return [process.name for process in self._stack.processes if process.state not in READY_STATES]

    def finish_start(self) -> None:
        """From now on the stack is ready whenever all its processes are; the terminal shows how long the start took."""
        self._start_is_finished = True
        self._record(self._stack)
        self._terminal.finish_start()
        self._terminal.say(f"\nReady after {self._seconds():.1f} s at {self._stack.url}")

    def _process(self, name: str) -> ProcessState:
        return next(process for process in self._stack.processes if process.name == name)

    def _seconds(self) -> float:
        return time.monotonic() - self._start_time

    async def _wait_until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    def _record(self, stack: StackState) -> None:
        is_ready = self._start_is_finished and all(process.state in READY_STATES for process in stack.processes)
        self._stack = replace(stack, state=stack_state.READY if is_ready else stack_state.STARTING)
        self._write()

    def _write(self) -> None:
        """A full disk must not end the stack: the user is warned once, and the next change is written again."""
        try:
            stack_state.write(self._folder, self._stack)
        except OSError as error:
            if not self._is_write_reported:
                self._is_write_reported = True
                self._terminal.say(
                    f"Warning: {self._folder / stack_state.FILE} cannot be written ({error.strerror}), so "
                    "`data-api status` may show an old state: free some space. The stack goes on."
                )

    def _show(self, process: ProcessState) -> None:
        is_start = process.state == stack_state.READY and not self._start_is_finished
        duration = f"{self._seconds():.1f} s" if is_start else ""
        address = f"{process.host}:{process.port:<5}"
        self._terminal.show_state(process.name, process.state, f"{address}  {duration}".rstrip())


def _ignore(_: bytes) -> None:
    """The emulators write too much for the terminal; their logs have it."""


def _created(pid: int | None) -> float | None:
    import psutil  # noqa: PLC0415 - takes 0.04 s, for which the first processes do not wait

    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).create_time() if pid else None
    return None
