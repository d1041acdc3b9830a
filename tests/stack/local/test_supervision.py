"""`data-api up` restarts what ends, and leaves no process behind."""

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.support.records import SAMPLE
from tests.support.servers.local_stack import Stack, StartStack
from tests.support.servers.minimal_functions import minimal_functions

if TYPE_CHECKING:
    from collections.abc import Callable


def workers(pid: int) -> list[int]:
    return [child.pid for child in psutil.Process(pid).children()]


def accepts(stack: Stack) -> bool:
    with stack.client("ada", "data.write") as client:
        return client.post("/data", json=SAMPLE).status_code == 202


def test_a_function_restarts_if_its_master_or_its_worker_is_killed(stack: Stack) -> None:
    master = stack.part("generate")["pid"]
    (worker,) = workers(master)
    os.kill(worker, signal.SIGKILL)
    stack.eventually(lambda: workers(master) not in ([], [worker]) and accepts(stack))
    assert master == stack.part("generate")["pid"]

    (worker,) = workers(master)
    os.kill(master, signal.SIGKILL)
    stack.eventually(lambda: stack.part("generate")["pid"] not in (None, master) and accepts(stack))

    stack.eventually(lambda: not psutil.pid_exists(master))
    assert not psutil.pid_exists(worker) or psutil.Process(worker).status() == psutil.STATUS_ZOMBIE
    assert "generate ended (by SIGKILL); restarting it" in stack.output()
    stack.eventually(lambda: stack.state()["state"] == "ready")


@pytest.mark.parametrize("moment", ["before anything runs", "while the parts start"])
def test_ctrl_c_during_the_start_stops_every_process(start_stack: StartStack, moment: str) -> None:
    started = start_stack()
    conditions: dict[str, Callable[[], bool]] = {
        "before anything runs": (started.home / str(started.port) / "lock").exists,
        "while the parts start": lambda: len(started.record_processes()) > 3,
    }
    started.eventually(conditions[moment])

    assert 0 == started.end(signal.SIGINT)
    assert [] == started.survivors()
    assert "Traceback" not in started.output()
    assert "Ready after" not in started.output()


def test_a_terminal_that_blocks_delays_neither_a_function_nor_the_end(
    stack: Stack, start_stack: StartStack, tmp_path: Path
) -> None:
    talkative = minimal_functions(tmp_path / "functions", present="for _ in range(10_000):\n    print('x' * 999)\n")

    started = start_stack(talkative, is_output_read=False, FIRESTORE_EMULATOR_HOST=stack.firestore)

    started.wait_until_up()
    assert 10_000 * 1_000 == (started.home / str(started.port) / "logs" / "present.log").stat().st_size
    assert 0 == started.end(signal.SIGTERM)
    assert [] == started.survivors()


def test_the_end_of_an_emulator_stops_the_stack_but_not_an_external_emulator(
    stack: Stack, start_stack: StartStack, tmp_path: Path
) -> None:
    started = start_stack(minimal_functions(tmp_path / "functions"), FIRESTORE_EMULATOR_HOST=stack.firestore)
    started.wait_until_up()
    assert ("external", None) == tuple(started.part("firestore")[key] for key in ("state", "pid"))
    assert stack.firestore == started.firestore

    os.kill(started.part("pubsub")["pid"], signal.SIGKILL)

    assert 1 == started.process.wait(20)
    log = started.home / str(started.port) / "logs" / "pubsub.log"
    assert started.output().endswith(
        "Error: The Pub/Sub emulator ended unexpectedly (by SIGKILL), so everything was stopped: "
        f"see {log}, then run `data-api up --port {started.port}` again.\n"
    )
    assert [] == started.survivors()
    assert "ready" == stack.state()["state"]


def test_all_processes_end_if_the_supervisor_is_killed(stack: Stack, start_stack: StartStack, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    environment = {"FIRESTORE_EMULATOR_HOST": stack.firestore, "TMPDIR": str(scratch)}
    started = start_stack(minimal_functions(tmp_path / "functions"), **environment)
    started.wait_until_up()
    assert 1 == len(list(scratch.iterdir()))
    assert len(started.processes) > 8  # the watchdog, an emulator, the gateway, four functions with a worker each

    assert -signal.SIGKILL == started.end(signal.SIGKILL)

    assert [] == started.survivors()
    assert [] == list(scratch.iterdir())
    result = started.command("status", "--port", str(started.port))
    assert (1, f"No stack runs on port {started.port}: start one with `data-api up --port {started.port}`.\n") == (
        result.returncode,
        result.stdout,
    )
