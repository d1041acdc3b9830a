"""Starts `data-api up` in the background, and stops such a stack or any other by its recorded process.

Owns how long a start and a stop may take, and the file with the output of the background process.
"""

import contextlib
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from data_api.shared import stack_state
from data_api.shared.errors import CliError
from data_api.shared.stack_state import HOME_VARIABLE, READY, StackState

OUTPUT = "up.log"
START_LIMIT = 120.0  # seconds from the start of the first process until the stack is ready; downloads come before
STOP_LIMIT = 60.0  # seconds, most of it to store what was accepted
POLL_INTERVAL = 0.1  # seconds


def start_detached(port: int, arguments: Sequence[str], environ: Mapping[str, str]) -> StackState:
    """Returns when the stack is ready; else raises CliError with the reason, and no process is left running."""
    folder = stack_state.home(environ) / str(port)
    output = folder / "logs" / OUTPUT
    program = _start(output, arguments, environ)
    try:
        return _wait_until_ready(program, folder, output)
    except BaseException:
        program.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            program.wait(STOP_LIMIT)
        raise


def stop(recorded: StackState) -> None:
    """Sends SIGTERM to a running stack and waits for its end; raises CliError if it takes too long."""
    try:
        supervisor = psutil.Process(recorded.pid)
        supervisor.terminate()
        supervisor.wait(STOP_LIMIT)
    except psutil.NoSuchProcess:
        return
    except psutil.TimeoutExpired:
        raise CliError(
            f"The stack at {recorded.url} did not stop in {STOP_LIMIT:.0f} s: wait, or kill the process {recorded.pid}."
        ) from None
    except psutil.AccessDenied:
        raise CliError(f"The stack at {recorded.url} belongs to another user, who has to stop it.") from None


def _start(output: Path, arguments: Sequence[str], environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        file = output.open("wb")
    except OSError as error:
        raise CliError(
            f"{output} cannot be written ({error.strerror}): set {HOME_VARIABLE} to a writable folder."
        ) from error
    with file:
        return subprocess.Popen(  # noqa: S603 - this program
            [sys.executable, "-m", "data_api.main", "up", *arguments],
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # it goes on when the terminal is closed
        )


def _wait_until_ready(program: subprocess.Popen[bytes], folder: Path, output: Path) -> StackState:
    deadline: float | None = None
    while program.poll() is None:
        recorded = stack_state.read(folder)
        if recorded and recorded.pid == program.pid:
            if recorded.state == READY:
                return recorded
            deadline = deadline or time.monotonic() + START_LIMIT
        if deadline and time.monotonic() > deadline:
            raise CliError(f"The stack was not ready after {START_LIMIT:.0f} s, so it was stopped: see {output}.")
        time.sleep(POLL_INTERVAL)
    raise CliError(_reason(output))


def _reason(output: Path) -> str:
    """The error that the background process has printed."""
    text = output.read_text(encoding="utf-8", errors="replace").strip()
    _, error, message = text.rpartition("Error: ")
    return message if error else f"The stack did not start: see {output}."
