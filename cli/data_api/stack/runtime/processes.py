"""Starts a part of the stack, drains its output, and stops it with everything it has started.

Each part runs in a session and process group of its own, so that a signal reaches its children and Ctrl-C in
the terminal does not. Every byte goes to the part's log the moment it comes, every line to a callback that must
not block: no part ever waits for a reader.
"""

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from data_api.stack.runtime.orphan_reaper import OrphanReaper

# The command waits until the reaper tracks its process group; if the supervisor is gone by then, it never runs.
GATE = 'read -r _ && exec "$@" </dev/null'
LONGEST_LINE = 1_048_576  # bytes; what is longer is handed on in pieces
LAST_WAIT = 1.0  # seconds for what was killed to be gone
POLL = 0.01  # seconds

Hear = Callable[[bytes], None]


@dataclass(frozen=True)
class Program:
    """What is run, and where its output goes."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    log: Path


class _Output(asyncio.SubprocessProtocol):
    """Takes what the program writes; knows the end of its process and, which can come later, of its output.

    asyncio's own Process.wait() waits for both, so it would not notice the end of a process whose child lives on.
    """

    def __init__(self, program: Program, hear: Hear) -> None:
        self.ended = asyncio.Event()
        self.drained = asyncio.Event()
        self._hear = hear
        self._log = program.log.open("ab", buffering=0)
        self._rest = b""

    def pipe_data_received(self, _fd: int, data: bytes) -> None:
        with contextlib.suppress(OSError):  # a full disk must not stop the part
            self._log.write(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            lines, self._rest = [*lines, self._rest], b""
        for line in lines:
            self._hear(line)

    def process_exited(self) -> None:
        self.ended.set()

    def connection_lost(self, _exc: Exception | None) -> None:
        if self._rest:
            self._hear(self._rest)
        self._log.close()
        self.ended.set()
        self.drained.set()


@dataclass(frozen=True)
class Running:
    """A program that was started; its process id is its group's, too."""

    transport: asyncio.SubprocessTransport
    output: _Output
    orphan_reaper: OrphanReaper

    @property
    def pid(self) -> int:
        """Also after its end."""
        return self.transport.get_pid()

    @property
    def code(self) -> int | None:
        """How it ended; negative for a signal, None while it runs."""
        return self.transport.get_returncode()

    async def end(self) -> int:
        """Returns when the process has ended, whatever it leaves behind."""
        await self.output.ended.wait()
        return self.code or 0

    async def stop(self, grace_period: float) -> None:
        """SIGTERM to the whole group, SIGKILL after `grace_period` seconds; no process is left when this returns."""
        if grace_period:
            _signal(self.pid, signal.SIGTERM)
        if not await _is_gone(self.pid, grace_period):
            _signal(self.pid, signal.SIGKILL)
            await _is_gone(self.pid, LAST_WAIT)
        with contextlib.suppress(TimeoutError):  # somebody outside the group may hold the pipe
            await asyncio.wait_for(self.output.drained.wait(), LAST_WAIT)
        self.transport.close()
        self.orphan_reaper.untrack(self.pid)


async def start(program: Program, orphan_reaper: OrphanReaper, hear: Hear) -> Running:
    """Starts the program; refuses nothing: what cannot be run ends at once with 126 or 127."""
    transport, output = await asyncio.get_running_loop().subprocess_exec(
        lambda: _Output(program, hear),
        *("/bin/sh", "-c", GATE, program.name, *program.command),
        stdin=PIPE,
        stdout=PIPE,
        stderr=STDOUT,
        env=program.environ,
        start_new_session=True,
    )
    # No await from here on: a process that was started is always given to the caller, who stops it.
    orphan_reaper.track(transport.get_pid())
    gate = transport.get_pipe_transport(0)
    assert isinstance(gate, asyncio.WriteTransport)  # noqa: S101 - it was asked for; this tells the type checker
    gate.write(b"\n")
    gate.close()
    return Running(transport, output, orphan_reaper)


async def _is_gone(group: int, seconds: float) -> bool:
    clock = asyncio.get_running_loop().time
    until = clock() + seconds
    while _exists(group):
        if clock() >= until:
            return False
        await asyncio.sleep(POLL)
    return True


def _exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):  # macOS: the latter for a group that has only zombies
        return False
    return True


def _signal(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
