"""Tests that a signal stops, as of `timeout`, a pipeline or a terminal that is closed, leave no process behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from tests.support.servers.local_stack import ROOT, START_LIMIT, STOP_LIMIT

RUN = "RUN_OF_TESTS"  # a variable that every process of a run inherits
WITH_EMULATORS, WITH_A_STACK = "tests/contract/test_publisher.py", "tests/stack/test_smoke.py"


@pytest.mark.parametrize(
    ("number", "tests"),
    [(signal.SIGTERM, WITH_EMULATORS), (signal.SIGHUP, WITH_A_STACK)],
    ids=lambda value: getattr(value, "name", None) or Path(value).stem,
)
def test_a_signal_stops_the_tests_and_every_process_that_they_have_started(
    number: signal.Signals, tests: str, tmp_path: Path
) -> None:
    run = uuid4().hex
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'run'}", tests]
    environ, output = {**os.environ, RUN: run}, tmp_path / "output"
    try:
        with output.open("wb") as log, subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log) as process:
            eventually(lambda: process.poll() is None and any(map(is_emulator, processes_of(run))))
            process.send_signal(number)
            assert pytest.ExitCode.INTERRUPTED == process.wait(STOP_LIMIT), output.read_text()
        eventually(lambda: not processes_of(run))
    finally:
        for left in processes_of(run):
            with suppress(psutil.NoSuchProcess):
                left.kill()


def processes_of(run: str) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if _run_of(process) == run]


def is_emulator(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return any(argument.endswith(".jar") for argument in process.cmdline())
    return False


def _run_of(process: psutil.Process) -> str | None:
    with suppress(psutil.Error):  # it has ended, or is somebody else's
        return process.environ().get(RUN)
    return None


def eventually(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + START_LIMIT
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)
