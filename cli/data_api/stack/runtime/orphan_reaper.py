"""Kills the processes of a stack whose supervisor ended without stopping them, even if it was killed with SIGKILL.

Run as a program, this file is the reaper. The supervisor writes the process groups to a pipe. When the supervisor ends,
for any reason, the pipe closes; then the reaper kills the groups that are left and removes the stack's scratch folder.
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
        """Kill this process group when the supervisor ends."""
        self._send(f"+{group}\n")

    def untrack(self, group: int) -> None:
        """The group is empty; the system may give its id to another process."""
        self._send(f"-{group}\n")

    def _send(self, line: str) -> None:
        # If the reaper was killed, it is needed only if the supervisor is killed, too.
        with contextlib.suppress(BrokenPipeError):
            os.write(_descriptor(self.program), line.encode())


@contextlib.contextmanager
def orphan_reaper(scratch: Path) -> Iterator[OrphanReaper]:
    """Runs a reaper for the duration of the `with` block; at its end the folder `scratch` is removed."""
    program = subprocess.Popen(  # noqa: S603 - this file
        [sys.executable, "-I", "-S", __file__, str(scratch)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C, or the end of the terminal session, must not stop the reaper
    )
    with program:  # closes the pipe, then waits
        yield OrphanReaper(program)


def _descriptor(program: subprocess.Popen[bytes]) -> int:
    assert program.stdin  # noqa: S101 - for the type checker: it is a pipe, see above
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
