"""`data-api up` as its user sees it: it comes up, says how it is, heals, and leaves nothing behind."""

import json
import os
import signal
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import psutil
import pytest

from data_api.shared import ports

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.stack.conftest import Begin, Stack

PROCESSES = ["dead-letter", "firestore", "gateway", "generate", "persist", "present", "pubsub"]
SAMPLE = {"informationOne": "first", "informationTwo": "second"}
# What the rest of the stack needs of a function, with nothing of what it does.
TINY = """
import functions_framework.aio
from starlette.responses import JSONResponse

@functions_framework.aio.http
async def {name}(request):
    return JSONResponse({{"status": "ok"}})
"""


def tiny_functions(folder: Path, **beginnings: str) -> str:
    """A folder of functions that only answer, each after a beginning of its own; gives the option that names it."""
    folder.mkdir()
    for name in ("dead_letter", "generate", "persist", "present"):
        (folder / f"{name}.py").write_text(beginnings.get(name, "") + TINY.format(name=name))
    return f"--functions={folder}"


def workers(pid: int) -> list[int]:
    return [child.pid for child in psutil.Process(pid).children()]


def accepts(stack: "Stack") -> bool:
    with stack.client("ada", "data.write") as client:
        return client.post("/data", json=SAMPLE).status_code == 202


def test_a_stack_that_is_up_has_only_healthy_processes(stack: "Stack") -> None:
    result = stack.command("status", "--port", str(stack.port))
    state = stack.state()

    assert 0 == result.returncode
    assert all(name in result.stdout for name in PROCESSES)
    assert (stack.url, "ready", stack.process.pid) == (state["url"], "ready", state["pid"])
    assert PROCESSES == sorted(process["name"] for process in state["processes"])
    assert {"ready"} == {process["state"] for process in state["processes"]}
    assert all(
        psutil.pid_exists(process["pid"]) and ports.accepts("127.0.0.1", process["port"])
        for process in state["processes"]
    )
    assert ("records", "persist") == (state["topic"], state["subscription"])
    assert ("records-dead-letter", "dead-letters") == (state["deadLetterTopic"], state["deadLetterSubscription"])


def test_the_doctor_finds_nothing_wrong_while_the_stack_is_up(stack: "Stack") -> None:
    result = stack.command("doctor", "--port", str(stack.port))

    assert 0 == result.returncode, result.stdout
    assert f"{stack.port} is in use by the running stack (ready)" in result.stdout


def test_the_command_that_is_shown_can_be_pasted_and_posts_a_record(stack: "Stack") -> None:
    stack.eventually(lambda: "Ctrl-C stops everything." in stack.output())
    (curl,) = (line for line in stack.output().splitlines() if line.startswith("curl "))

    token = curl.rpartition("Bearer ")[2].rstrip("'")
    answer = httpx.post(f"{stack.url}/data", json=SAMPLE, headers={"authorization": f"Bearer {token}"})

    assert f"{stack.url}/data" in curl
    assert 202 == answer.status_code
    assert f"data-api list --user ada --port {stack.port}\n" in stack.output()


def test_a_structured_line_of_a_function_is_shown_readably_and_kept_raw(stack: "Stack") -> None:
    with stack.client("ada", "data.write") as client:
        record_id = client.post("/data", json=SAMPLE).json()["id"]

    stack.eventually(lambda: f"id={record_id}" in stack.output())
    (shown,) = (line for line in stack.output().splitlines() if record_id in line and " generate " in line)

    assert [" INFO ", " accepted "] == [word for word in (" INFO ", " accepted ") if word in shown]
    assert not shown.startswith("{")
    assert "accepted" in {line["message"] for line in stack.logs("generate") if line.get("id") == record_id}


def test_a_function_comes_back_whether_its_master_or_its_worker_is_killed(stack: "Stack") -> None:
    master = stack.process_state("generate")["pid"]
    (worker,) = workers(master)
    os.kill(worker, signal.SIGKILL)
    stack.eventually(lambda: workers(master) not in ([], [worker]) and accepts(stack))
    assert master == stack.process_state("generate")["pid"]

    (worker,) = workers(master)
    os.kill(master, signal.SIGKILL)
    stack.eventually(lambda: stack.process_state("generate")["pid"] not in (None, master) and accepts(stack))

    stack.eventually(lambda: not psutil.pid_exists(master))
    assert not psutil.pid_exists(worker) or psutil.Process(worker).status() == psutil.STATUS_ZOMBIE
    assert "generate ended (by SIGKILL); restarting it" in stack.output()
    stack.eventually(lambda: stack.state()["state"] == "ready")


def test_a_taken_port_is_named_with_its_owner_and_the_way_out(stack: "Stack") -> None:
    port = str(stack.port)
    same_folder = stack.command("up", "--port", port)
    other_folder = stack.command("up", "--port", port, DATA_API_HOME=str(stack.home.parent / "another"))
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        number = stranger.getsockname()[1]
        taken = stack.command("up", "--port", str(number), DATA_API_HOME=str(stack.home.parent / "another"))

    for told in (same_folder, other_folder):
        assert 1 == told.returncode
        assert f"Port {port} is used by another data-api stack" in told.stderr
        assert "--port" in told.stderr
    assert 1 == taken.returncode
    assert f"Error: Port {number} is in use by another program: stop it, or choose another port with --port.\n" == (
        taken.stderr
    )


def test_a_stack_that_cannot_come_up_says_why_in_one_sentence(stack: "Stack", tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("")
    elsewhere = {"DATA_API_HOME": str(tmp_path)}
    port = str(ports.free_ports(1)[0])
    no_functions = stack.command("up", "--port", port, f"--functions={tmp_path}", **elsewhere)
    no_emulator = stack.command("up", "--port", port, **elsewhere, PUBSUB_EMULATOR_HOST="127.0.0.1:1")
    no_address = stack.command("up", "--port", port, **elsewhere, FIRESTORE_EMULATOR_HOST="http://localhost")
    no_folder = stack.command("up", "--port", port, DATA_API_HOME=str(tmp_path / "a file"))
    no_keys = stack.command("up", "--port", port, f"--trust-jwks={tmp_path / 'a file'}", **elsewhere)

    results = [no_functions, no_emulator, no_address, no_folder, no_keys]
    assert [1] * 5 == [each.returncode for each in results]
    assert [1] * 5 == [each.stderr.count("\n") for each in results]
    assert no_functions.stderr.startswith(f"Error: The function generate is missing ({tmp_path}/generate.py): ")
    assert no_emulator.stderr.startswith("Error: PUBSUB_EMULATOR_HOST says that a Pub/Sub emulator runs at 127.0.0.1:1")
    assert "correct the variable (host:port)" in no_address.stderr
    assert "set DATA_API_HOME to a writable folder" in no_folder.stderr
    assert no_keys.stderr.startswith("Error: The key set is rejected")


def test_a_second_stack_runs_beside_the_first_and_ends_without_a_trace(stack: "Stack", begin: "Begin") -> None:
    second = begin()
    second.wait_until_up()
    state = second.state()
    assert {"ready"} == {process["state"] for process in state["processes"]}
    assert {"status": "ok"} == httpx.get(f"{second.url}/healthz").json() == httpx.get(f"{stack.url}/healthz").json()

    code = second.end(signal.SIGTERM)

    assert 0 == code
    assert [] == second.survivors()
    assert [] == [process["name"] for process in state["processes"] if ports.accepts("127.0.0.1", process["port"])]
    assert not (second.home / str(second.port) / "state.json").exists()
    result = second.command("status", "--json", "--port", str(second.port))
    assert (1, "stopped", []) == (
        result.returncode,
        *(json.loads(result.stdout)[key] for key in ("state", "processes")),
    )
    assert "ready" == stack.state()["state"]


@pytest.mark.parametrize("moment", ["before anything runs", "while the processes start"])
def test_ctrl_c_during_the_start_ends_it_well(begin: "Begin", moment: str) -> None:
    begun = begin()
    conditions: dict[str, Callable[[], bool]] = {
        "before anything runs": (begun.home / str(begun.port) / "lock").exists,
        "while the processes start": lambda: len(begun.remember_family()) > 3,
    }
    begun.eventually(conditions[moment])

    assert 0 == begun.end(signal.SIGINT)
    assert [] == begun.survivors()
    assert "Traceback" not in begun.output()
    assert "Ready after" not in begun.output()


def test_a_function_that_cannot_start_is_tried_again_ever_more_slowly_and_its_traceback_shown(
    begin: "Begin", tmp_path: Path
) -> None:
    broken = tiny_functions(tmp_path / "functions", generate="raise RuntimeError('broken on purpose')\n")

    begun = begin(broken)

    begun.eventually(lambda: "restarting it in 4 s" in begun.output())
    assert 1 == begun.output().count("generate ended (exit code 1); restarting it.\n")
    assert 1 == begun.output().count("restarting it in 1 s") == begun.output().count("restarting it in 2 s")
    ends = [line for line in begun.output().splitlines() if line.endswith("generate  RuntimeError: broken on purpose")]
    _, _, third, fourth = (datetime.strptime(line.split()[0], "%H:%M:%S.%f").replace(tzinfo=UTC) for line in ends)
    assert (fourth - third) % timedelta(days=1) >= timedelta(seconds=2)
    assert 0 == begun.end(signal.SIGTERM)
    assert [] == begun.survivors()


def test_a_terminal_that_takes_nothing_delays_neither_a_function_nor_the_end(
    stack: "Stack", begin: "Begin", tmp_path: Path
) -> None:
    talkative = tiny_functions(tmp_path / "functions", present="for _ in range(10_000):\n    print('x' * 999)\n")

    begun = begin(talkative, is_read=False, FIRESTORE_EMULATOR_HOST=stack.firestore)

    begun.wait_until_up()
    assert 10_000 * 1_000 == (begun.home / str(begun.port) / "logs" / "present.log").stat().st_size
    assert 0 == begun.end(signal.SIGTERM)
    assert [] == begun.survivors()


def test_the_end_of_an_emulator_ends_the_stack_with_a_sentence_and_an_external_one_is_left_alone(
    stack: "Stack", begin: "Begin", tmp_path: Path
) -> None:
    begun = begin(tiny_functions(tmp_path / "functions"), FIRESTORE_EMULATOR_HOST=stack.firestore)
    begun.wait_until_up()
    assert ("external", None) == tuple(begun.process_state("firestore")[key] for key in ("state", "pid"))
    assert stack.firestore == begun.firestore

    os.kill(begun.process_state("pubsub")["pid"], signal.SIGKILL)

    assert 1 == begun.process.wait(20)
    log = begun.home / str(begun.port) / "logs" / "pubsub.log"
    assert begun.output().endswith(
        "Error: The Pub/Sub emulator ended unexpectedly (by SIGKILL), so everything was stopped: "
        f"see {log}, then run `data-api up` again.\n"
    )
    assert [] == begun.survivors()
    assert "ready" == stack.state()["state"]


def test_a_supervisor_that_is_killed_takes_everything_with_it(stack: "Stack", begin: "Begin", tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    surroundings = {"FIRESTORE_EMULATOR_HOST": stack.firestore, "TMPDIR": str(scratch)}
    begun = begin(tiny_functions(tmp_path / "functions"), **surroundings)
    begun.wait_until_up()
    assert 1 == len(list(scratch.iterdir()))
    assert len(begun.family) > 8  # the leash, an emulator, the gateway, four functions with a worker each

    assert -signal.SIGKILL == begun.end(signal.SIGKILL)

    assert [] == begun.survivors()
    assert [] == list(scratch.iterdir())
    result = begun.command("status", "--port", str(begun.port))
    assert (1, f"No stack runs on port {begun.port}: start one with `data-api up --port {begun.port}`.\n") == (
        result.returncode,
        result.stdout,
    )
