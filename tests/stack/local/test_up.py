"""`data-api up` as its user sees it while it runs."""

import json
import signal
import subprocess

import httpx
import psutil

from data_api.shared import ports
from tests.support.records import SAMPLE
from tests.support.servers.local_stack import Stack, StartStack

PARTS = ["dead-letter", "delete", "firestore", "gateway", "generate", "persist", "present", "pubsub", "web"]


def test_every_part_of_a_running_stack_is_ready(stack: Stack) -> None:
    result = stack.command("status", "--port", str(stack.port))
    state = stack.state()

    assert 0 == result.returncode
    assert all(name in result.stdout for name in PARTS)
    assert (stack.url, "ready", stack.process.pid) == (state["url"], "ready", state["pid"])
    assert PARTS == sorted(part["name"] for part in state["processes"])
    assert {"ready"} == {part["state"] for part in state["processes"]}
    assert all(
        psutil.pid_exists(part["pid"]) and ports.accepts("127.0.0.1", part["port"]) for part in state["processes"]
    )
    assert ("records", "persist") == (state["topic"], state["subscription"])
    assert ("records-dead-letter", "dead-letters") == (state["deadLetterTopic"], state["deadLetterSubscription"])


def test_doctor_reports_no_problem_while_the_stack_runs(stack: Stack) -> None:
    result = stack.command("doctor", "--port", str(stack.port))

    assert 0 == result.returncode, result.stdout
    assert f"{stack.port} is in use by the running stack (ready)" in result.stdout


def test_the_printed_curl_command_posts_a_record(stack: Stack) -> None:
    stack.eventually(lambda: "Ctrl-C stops everything." in stack.output())
    (curl,) = (line for line in stack.output().splitlines() if line.startswith("curl "))

    pasted = subprocess.run(
        ["/bin/sh", "-c", curl], env=dict(stack.environ), capture_output=True, text=True, check=True
    )

    assert "HTTP/1.1 202 Accepted" in pasted.stdout
    assert len(curl) < 400  # the token is a command, not a wall of characters
    assert f"data-api list --user ada --port {stack.port}\n" in stack.output()


def test_a_structured_log_line_is_printed_as_text_and_stored_as_json(stack: Stack) -> None:
    with stack.client("ada", "data.write") as client:
        record_id = client.post("/data", json=SAMPLE).json()["id"]

    stack.eventually(lambda: f"id={record_id}" in stack.output())
    (shown,) = (line for line in stack.output().splitlines() if record_id in line and " generate " in line)

    assert [" INFO ", " accepted "] == [word for word in (" INFO ", " accepted ") if word in shown]
    assert not shown.startswith("{")
    assert "accepted" in {line["message"] for line in stack.logs("generate") if line.get("id") == record_id}


def test_a_second_stack_runs_beside_the_first_and_leaves_nothing_behind(stack: Stack, start_stack: StartStack) -> None:
    second = start_stack()
    second.wait_until_up()
    state = second.state()
    assert {"ready"} == {part["state"] for part in state["processes"]}
    assert {"status": "ok"} == httpx.get(f"{second.url}/healthz").json() == httpx.get(f"{stack.url}/healthz").json()

    code = second.end(signal.SIGTERM)

    assert 0 == code
    assert [] == second.survivors()
    assert [] == [part["name"] for part in state["processes"] if ports.accepts("127.0.0.1", part["port"])]
    assert not (second.home / str(second.port) / "state.json").exists()
    result = second.command("status", "--json", "--port", str(second.port))
    assert (1, "stopped", []) == (
        result.returncode,
        *(json.loads(result.stdout)[key] for key in ("state", "processes")),
    )
    assert "ready" == stack.state()["state"]
