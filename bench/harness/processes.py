"""Starts a process in its own process group, measures its CPU time and memory, and stops the whole group.

No process outlives the benchmark: the group is stopped at the end of its `with` block, or by
`data_api.stack.runtime.orphan_reaper` if the benchmark is killed. CPU time and memory are those of the process and its
children, because the Functions Framework runs a master and a worker.
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
TIMEOUT = 60.0  # seconds until a process answers; on an idle machine it takes about one
STOP_GRACE_PERIOD = 5.0  # seconds between SIGTERM and SIGKILL
POLL_INTERVAL = 0.005  # seconds
MIB = 2**20


@dataclass(frozen=True)
class Memory:
    """MiB: resident memory of the worker, and total memory of worker and master with shared pages counted once."""

    resident: float
    total: float


@dataclass(frozen=True)
class Running:
    """A started process."""

    name: str
    pid: int
    port: int
    log: Path

    @property
    def host(self) -> str:
        """host:port, as Google's client libraries need it."""
        return f"{LOOPBACK}:{self.port}"

    def cpu_seconds(self) -> float:
        """CPU time of the process and its children since their start."""
        return sum(map(_cpu_seconds, self._process_and_children()))

    def memory(self) -> "Memory":
        """The memory that it uses now."""
        processes = self._process_and_children()
        return Memory(processes[-1].memory_info().rss / MIB, sum(map(_proportional_set_size, processes)) / MIB)

    def _process_and_children(self) -> list[psutil.Process]:
        process = psutil.Process(self.pid)
        return [process, *process.children(recursive=True)]


@dataclass(frozen=True)
class Starter:
    """Starts processes that end at the latest with the benchmark."""

    orphan_reaper: OrphanReaper
    scratch: Path
    baselines: Path = BASELINES  # the folder with the common implementations

    @contextlib.contextmanager
    def started(
        self, name: str, command: Sequence[str], port: int, environ: Mapping[str, str], folder: Path | None = None
    ) -> Iterator[Running]:
        """Runs a program for the duration of the `with` block; use `wait_for` to wait until it answers."""
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
    """Waits until a process answers, by default until it accepts a connection; raises CliError if it does not."""
    deadline = time.monotonic() + TIMEOUT
    while not (answers() if answers else accepts(LOOPBACK, running.port)):
        if time.monotonic() > deadline or not psutil.pid_exists(running.pid) or _is_zombie(running.pid):
            tail = running.log.read_text(errors="replace")[-2_000:]
            raise CliError(f"{running.name} does not answer. End of its log:\n{tail}")
        time.sleep(POLL_INTERVAL)


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
    """On Linux from the process's CPU clock (clock_getcpuclockid(3)), because psutil has steps of 10 ms there."""
    if sys.platform == "linux":
        return time.clock_gettime((~process.pid << 3) | 2)
    times = process.cpu_times()
    return times.user + times.system


def _proportional_set_size(process: psutil.Process) -> int:
    """Bytes; the resident set size on systems without proportional set size (all but Linux)."""
    full = process.memory_full_info()
    return int(getattr(full, "pss", full.rss))
