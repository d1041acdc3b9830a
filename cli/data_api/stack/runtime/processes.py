"""Starts a process of the stack, reads its output, and stops it with all its child processes.

Each process runs in its own session and process group: a signal to the group also reaches its children, and Ctrl-C in
the terminal does not reach it. Its output goes to its log at once, and each line to a callback that must not block, so
no process ever waits until its output is read.
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

# The shell waits for a line before it runs the command, until the reaper tracks its process group. If the supervisor
# has ended by then, the command never runs.
WAIT_FOR_LINE = 'read -r _ && exec "$@" </dev/null'
MAX_LINE = 1_048_576  # bytes; a longer line is passed on in pieces
KILL_TIMEOUT = 1.0  # seconds until killed processes are gone
POLL_INTERVAL = 0.01  # seconds

OnLine = Callable[[bytes], None]


@dataclass(frozen=True)
class Program:
    """A command with its environment and log."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    log: Path


class _Output(asyncio.SubprocessProtocol):
    """Reads the output; has one event for the end of the process and one for the end of its output.

    The output can end later, if a child process still has it open. asyncio's own Process.wait() waits for both, so it
    would not notice the end of such a process.
    """

    def __init__(self, program: Program, on_line: OnLine) -> None:
        self.ended = asyncio.Event()
        self.drained = asyncio.Event()
        self._on_line = on_line
        self._log = program.log.open("ab", buffering=0)
        self._incomplete_line = b""

    def pipe_data_received(self, _fd: int, data: bytes) -> None:
        with contextlib.suppress(OSError):  # a full disk must not stop the process
            self._log.write(data)
        *lines, self._incomplete_line = (self._incomplete_line + data).split(b"\n")
        if len(self._incomplete_line) > MAX_LINE:
            lines, self._incomplete_line = [*lines, self._incomplete_line], b""
        for line in lines:
            self._on_line(line)

    def process_exited(self) -> None:
        self.ended.set()

    def connection_lost(self, _exc: Exception | None) -> None:
        if self._incomplete_line:
            self._on_line(self._incomplete_line)
        self._log.close()
        self.ended.set()
        self.drained.set()


@dataclass(frozen=True)
class Running:
    """A started program; its process id is also the id of its group."""

    transport: asyncio.SubprocessTransport
    output: _Output
    orphan_reaper: OrphanReaper

    @property
    def pid(self) -> int:
        """The process id; it also exists after the end of the process."""
        return self.transport.get_pid()

    @property
    def exit_code(self) -> int | None:
        """Negative for a signal, None while the process runs."""
        return self.transport.get_returncode()

    async def wait(self) -> int:
        """Waits for the end of the process, but not of its children; returns the exit code."""
        await self.output.ended.wait()
        return self.exit_code or 0

    async def stop(self, grace_period: float) -> None:
        """Stops the whole group: with SIGTERM, then with SIGKILL after `grace_period` seconds (at once if 0)."""
        if grace_period:
            _signal(self.pid, signal.SIGTERM)
        if not await _is_gone(self.pid, grace_period):
            _signal(self.pid, signal.SIGKILL)
            await _is_gone(self.pid, KILL_TIMEOUT)
        with contextlib.suppress(TimeoutError):  # a process outside the group may have the pipe open
            await asyncio.wait_for(self.output.drained.wait(), KILL_TIMEOUT)
        self.transport.close()
        self.orphan_reaper.untrack(self.pid)


async def start(program: Program, orphan_reaper: OrphanReaper, on_line: OnLine) -> Running:
    """Starts the program. If it cannot be run, no error is raised: the process ends at once with 126 or 127."""
    transport, output = await asyncio.get_running_loop().subprocess_exec(
        lambda: _Output(program, on_line),
        *("/bin/sh", "-c", WAIT_FOR_LINE, program.name, *program.command),
        stdin=PIPE,
        stdout=PIPE,
        stderr=STDOUT,
        env=program.environ,
        start_new_session=True,
    )
    # No await from here on, so that every started process is returned to the caller, who stops it.
    orphan_reaper.track(transport.get_pid())
    stdin = transport.get_pipe_transport(0)
    assert isinstance(stdin, asyncio.WriteTransport)  # noqa: S101 - for the type checker: it is a pipe, see above
    stdin.write(b"\n")
    stdin.close()
    return Running(transport, output, orphan_reaper)


async def _is_gone(group: int, seconds: float) -> bool:
    """Whether the group has no processes after at most this time."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + seconds
    while _exists(group):
        if clock() >= deadline:
            return False
        await asyncio.sleep(POLL_INTERVAL)
    return True


def _exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):  # PermissionError: on macOS, if the group has only zombies
        return False
    return True


def _signal(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
