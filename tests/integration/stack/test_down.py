"""The command `down`, without a real stack."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from data_api.shared import stack_state
from data_api.shared.stack_state import StackState
from data_api.stack import detached
from data_api.stack.down_command import down

Start = dict[int, subprocess.Popen[bytes]]
OBEDIENT = "import signal; signal.pause()"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); signal.pause()"


@pytest.fixture
def supervisors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Two processes that are recorded as the supervisors of stacks."""
    monkeypatch.setenv("DATA_API_HOME", str(tmp_path))
    with ExitStack() as stack:
        programs = {port: _recorded(tmp_path / ".data-api", port, OBEDIENT) for port in (8091, 8092)}
        for program in programs.values():
            stack.enter_context(program)
            stack.callback(program.kill)
        yield programs


def _recorded(home: Path, port: int, source: str) -> subprocess.Popen[bytes]:
    program = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE)
    created = psutil.Process(program.pid).create_time()
    (home / str(port)).mkdir(parents=True)
    url = f"http://127.0.0.1:{port}"
    stack_state.write(home / str(port), StackState(url, stack_state.READY, program.pid, created, "", {}, {}, ()))
    return program


def test_it_stops_the_stack_of_its_port_and_no_other(supervisors: Start) -> None:
    result = CliRunner().invoke(down, ["--port", "8091"])
    assert (0, "Stopped the stack at http://127.0.0.1:8091.\n") == (result.exit_code, result.stdout)
    assert supervisors[8091].poll() is not None
    assert supervisors[8092].poll() is None

    again = CliRunner().invoke(down, ["--port", "8091"])
    assert (0, "No stack of this project runs on port 8091.\n") == (again.exit_code, again.stdout)


def test_all_stops_every_stack_of_the_project(supervisors: Start) -> None:
    result = CliRunner().invoke(down, ["--all"])
    assert 0 == result.exit_code
    assert ["Stopped the stack at http://127.0.0.1:8091.", "Stopped the stack at http://127.0.0.1:8092."] == (
        result.stdout.splitlines()
    )
    assert None not in [program.poll() for program in supervisors.values()]


def test_another_process_with_a_recorded_id_is_not_stopped(supervisors: Start, tmp_path: Path) -> None:
    folder = tmp_path / ".data-api" / "8091"
    stack_state.write(folder, StackState("", stack_state.READY, supervisors[8092].pid, 1.0, "", {}, {}, ()))
    assert "No stack of this project runs on port 8091.\n" == CliRunner().invoke(down, ["--port", "8091"]).stdout
    assert supervisors[8092].poll() is None


def test_a_stack_that_does_not_stop_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_API_HOME", str(tmp_path))
    monkeypatch.setattr(detached, "STOP_LIMIT", 0.1)
    with _recorded(tmp_path / ".data-api", 8093, DEAF) as program:
        assert program.stdout
        program.stdout.readline()
        result = CliRunner().invoke(down, ["--port", "8093"])
        program.kill()
    assert 1 == result.exit_code
    assert f"did not stop in 0 s: wait, or kill the process {program.pid}." in result.stderr
