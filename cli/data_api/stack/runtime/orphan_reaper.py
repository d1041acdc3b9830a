"""Holds the stack's processes so that none outlives its supervisor, not even one that is killed with SIGKILL.

Run as a program, this is the reaper: it learns over a pipe which process groups there are, and when the pipe
closes, which it does with the supervisor whatever becomes of it, it kills those that are left and removes the
stack's scratch folder. Owns both ends of the pipe.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class OrphanReaper:
    """The supervisor's end of the pipe."""

    program: subprocess.Popen[bytes]

    def track(self, group: int) -> None:
        """From now on this process group is killed when the supervisor is gone."""
        self._tell(f"+{group}\n")

    def untrack(self, group: int) -> None:
        """The group is empty: its number may soon be somebody else's."""
        self._tell(f"-{group}\n")

    def _tell(self, line: str) -> None:
        # A reaper that was killed matters only if the supervisor is killed too.
        with contextlib.suppress(BrokenPipeError):
            os.write(_descriptor(self.program), line.encode())


@contextlib.contextmanager
def orphan_reaper(scratch: Path) -> Iterator[OrphanReaper]:
    """A reaper while the block runs; after it the folder `scratch` is removed, too."""
    program = subprocess.Popen(  # noqa: S603 - this file
        [sys.executable, "-I", "-S", __file__, str(scratch)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C in the terminal, or the end of its session, must not stop the reaper
    )
    with program:  # closes the pipe, then waits
        yield OrphanReaper(program)


def _descriptor(program: subprocess.Popen[bytes]) -> int:
    assert program.stdin  # noqa: S101 - it was asked for above; this tells the type checker
    return program.stdin.fileno()


def _main(scratch: str) -> None:
    for stop in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(stop, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    for group in groups:
        with contextlib.suppress(OSError):
            os.killpg(group, signal.SIGKILL)
    shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    _main(sys.argv[1])
