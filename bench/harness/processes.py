"""Starts a process, says what it costs, and stops it with all that it has started.

Owns that nothing outlives the benchmark: each process has a group of its own, which is stopped at the end of its
block and, should the benchmark be killed, by `data_api.stack.runtime.orphan_reaper`. What a process costs is
the sum over its group: the
Functions Framework runs a master and a worker.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from data_api.shared.errors import CliError
from data_api.shared.ports import LOOPBACK, accepts
from data_api.stack.runtime.orphan_reaper import OrphanReaper

BASELINES = Path(__file__).resolve().parents[1] / "baselines"
TIMEOUT = 60.0  # seconds until it answers; a quiet machine needs about one
STOP_GRACE_PERIOD = 5.0  # seconds between SIGTERM and SIGKILL
POLL = 0.005  # seconds
MIB = 2**20


@dataclass(frozen=True)
class Memory:
    """MiB. What the serving process has resident, and what it and its master take together, shared parts once."""

    resident: float
    together: float


@dataclass(frozen=True)
class Running:
    """A process that was started."""

    name: str
    pid: int
    port: int
    log: Path

    @property
    def host(self) -> str:
        """As Google's client libraries want it."""
        return f"{LOOPBACK}:{self.port}"

    def cpu_seconds(self) -> float:
        """Of the process and its children, since their start."""
        return sum(map(_cpu_seconds, self._family()))

    def memory(self) -> "Memory":
        """What it holds now."""
        family = self._family()
        return Memory(family[-1].memory_info().rss / MIB, sum(map(_proportional, family)) / MIB)

    def _family(self) -> list[psutil.Process]:
        this = psutil.Process(self.pid)
        return [this, *this.children(recursive=True)]


@dataclass(frozen=True)
class Starter:
    """Starts processes that end with the benchmark."""

    orphan_reaper: OrphanReaper
    scratch: Path
    baselines: Path = BASELINES  # the folder of the functions that ours are compared with

    @contextlib.contextmanager
    def started(
        self, name: str, command: Sequence[str], port: int, environ: Mapping[str, str], folder: Path | None = None
    ) -> Iterator[Running]:
        """Runs it for the length of a block; whether it answers yet is for `wait_for` to say."""
        log = self.scratch / f"{name.replace(' ', '-')}-{port}.log"
        with log.open("wb") as written:
            process = subprocess.Popen(  # noqa: S603 - programs of this project
                command,
                env=dict(environ),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self.orphan_reaper.track(process.pid)
            yield Running(name, process.pid, port, log)
        finally:
            _stop(process)
            self.orphan_reaper.untrack(process.pid)


def wait_for(running: Running, answers: Callable[[], bool] | None = None) -> None:
    """Returns when it answers, by default when it accepts a connection; refuses with CliError one that does not."""
    until = time.monotonic() + TIMEOUT
    while not (answers() if answers else accepts(LOOPBACK, running.port)):
        if time.monotonic() > until or not psutil.pid_exists(running.pid) or _is_zombie(running.pid):
            tail = running.log.read_text(errors="replace")[-2_000:]
            raise CliError(f"The {running.name} does not answer. The last that it wrote:\n{tail}")
        time.sleep(POLL)


def _stop(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_GRACE_PERIOD)


def _is_zombie(pid: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    return True


def _cpu_seconds(process: psutil.Process) -> float:
    """By the process's own clock where there is one (Linux, clock_getcpuclockid(3)): psutil counts in 10 ms there."""
    if sys.platform == "linux":
        return time.clock_gettime((~process.pid << 3) | 2)
    times = process.cpu_times()
    return times.user + times.system


def _proportional(process: psutil.Process) -> int:
    """Bytes: the proportional set size where the system knows it (Linux), else the resident set size."""
    full = process.memory_full_info()
    return int(getattr(full, "pss", full.rss))
