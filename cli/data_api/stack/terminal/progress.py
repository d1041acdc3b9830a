"""Keeps what is known of the parts, and passes every change on: to the terminal and to state.json.

Owns the question whether all is up.
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
from data_api.stack.runtime.processes import Hear
from data_api.stack.terminal.terminal import Terminal

WELL = {stack_state.READY, stack_state.EXTERNAL}


class Progress:
    """The parts' states, from the beginning of the run on."""

    def __init__(self, folder: Path, beginning: StackState, terminal: Terminal) -> None:
        self._folder = folder
        self._stack = beginning
        self._terminal = terminal
        self._began = time.monotonic()
        self._changed = asyncio.Event()
        self._is_settled = False
        for part in beginning.parts:
            if part.state == stack_state.EXTERNAL:  # the others are shown when they are started
                self._show(part)
        stack_state.write(folder, beginning)

    def part(self, name: str, now: str, pid: int | None = None) -> None:
        """A part's state is another now; without a process id it has no process."""
        changed = replace(self._part(name), state=now, pid=pid, created=_created(pid))
        parts = tuple(changed if part.name == name else part for part in self._stack.parts)
        self._record(replace(self._stack, parts=parts))
        self._show(changed)
        self._changed.set()

    def hearer(self, part: ProcessSpec) -> Hear:
        """What takes the lines that the part writes."""
        return partial(self._terminal.line, part.name) if part.is_heard else _ignore

    def say(self, text: str) -> None:
        """Something that belongs to no state."""
        self._terminal.say(text)

    async def ready_of(self, name: str) -> None:
        """Returns when this part is up."""
        await self._until(lambda: self._part(name).state in WELL)

    async def all_ready(self) -> None:
        """Returns when every part is up."""
        await self._until(lambda: not self.awaited())

    def awaited(self) -> list[str]:
        """The parts that are not up."""
        return [part.name for part in self._stack.parts if part.state not in WELL]

    def settled(self) -> None:
        """The start is over: the whole is as well as its parts are, and the terminal says so."""
        self._is_settled = True
        self._record(self._stack)
        self._terminal.settle()
        self._terminal.say(f"\nReady after {self._seconds():.1f} s at {self._stack.url}")

    def _part(self, name: str) -> ProcessState:
        return next(part for part in self._stack.parts if part.name == name)

    def _seconds(self) -> float:
        return time.monotonic() - self._began

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    def _record(self, now: StackState) -> None:
        is_ready = self._is_settled and all(part.state in WELL for part in now.parts)
        self._stack = replace(now, state=stack_state.READY if is_ready else stack_state.STARTING)
        stack_state.write(self._folder, self._stack)

    def _show(self, part: ProcessState) -> None:
        took = f"{self._seconds():.1f} s" if part.state == stack_state.READY and not self._is_settled else ""
        self._terminal.part(part.name, part.state, f"{part.host}:{part.port:<5}  {took}".rstrip())


def _ignore(_: bytes) -> None:
    """An emulator talks too much; its log has it all."""


def _created(pid: int | None) -> float | None:
    import psutil  # noqa: PLC0415 - 0.04 s that the first processes need not wait for

    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).create_time() if pid else None
    return None
