"""A stack in the background: started, listed, used and stopped by commands."""

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from data_api.shared.ports import free_ports
from tests.support.servers.minimal_functions import minimal_functions

if TYPE_CHECKING:
    from tests.support.servers.local_stack import Stack


def test_a_stack_in_the_background_is_started_listed_and_stopped_by_commands(stack: "Stack", tmp_path: Path) -> None:
    """Next to the stack in the foreground: both are of the same project."""
    port = str(free_ports(1)[0])
    up = ("up", "--detach", "--port", port, minimal_functions(tmp_path / "functions"))
    try:
        started = stack.command(*up, FIRESTORE_EMULATOR_HOST=stack.firestore)
        again = stack.command(*up, FIRESTORE_EMULATOR_HOST=stack.firestore)
        recorded = json.loads(stack.command("status", "--json", "--port", port).stdout)
        listed = stack.command("status")
        listed_json = json.loads(stack.command("status", "--json").stdout)
        unclear = stack.command("status", "--env")
        variables = stack.command("status", "--env", "--port", port)
        supervisor = psutil.Process(recorded["pid"])
        processes = [supervisor, *supervisor.children(recursive=True)]
    finally:
        stopped = stack.command("down", "--port", port)

    urls = {int(port): recorded["url"], stack.port: stack.url}
    assert (0, "") == (started.returncode, started.stderr)
    assert started.stdout.startswith(f"Ready at http://127.0.0.1:{port}. Stop it with ")
    assert f"data-api down --port {port}`" in started.stdout
    assert 1 == again.returncode
    assert again.stderr.startswith(f"Error: Port {port} is used by another data-api stack")
    assert all(f"Data API at http://127.0.0.1:{number}: ready" in listed.stdout for number in (port, stack.port))
    assert {recorded["url"], stack.url} <= {one["url"] for one in listed_json["stacks"]}
    assert 1 == unclear.returncode
    assert f"Several stacks run ({', '.join(url for _, url in sorted(urls.items()))})" in unclear.stderr
    assert f"export DATA_API_URL=http://127.0.0.1:{port}\n" in variables.stdout
    assert f"export FIRESTORE_EMULATOR_HOST={stack.firestore}\n" in variables.stdout
    assert "export GOOGLE_CLOUD_PROJECT=data-api-local\n" in variables.stdout
    assert (0, f"Stopped the stack at http://127.0.0.1:{port}.\n") == (stopped.returncode, stopped.stdout)
    assert [] == psutil.wait_procs(processes, timeout=5)[1]
    assert "ready" == stack.state()["state"]


def test_the_variables_are_commands_of_a_shell(stack: "Stack") -> None:
    lines = stack.command("status", "--env", "--port", str(stack.port)).stdout
    shell = subprocess.run(
        ["/bin/sh", "-c", 'eval "$1"; echo "$DATA_API_URL $PUBSUB_EMULATOR_HOST"', "sh", lines],
        capture_output=True,
        text=True,
        check=True,
        env={},
    )
    assert f"{stack.url} {stack.pubsub}\n" == shell.stdout


def test_a_stack_that_cannot_start_in_the_background_is_an_error_with_the_reason(stack: "Stack") -> None:
    port = str(free_ports(1)[0])
    result = stack.command("up", "--detach", "--port", port, PUBSUB_EMULATOR_HOST="127.0.0.1:1")
    assert (1, 1) == (result.returncode, result.stderr.count("\n"))
    assert result.stderr.startswith("Error: PUBSUB_EMULATOR_HOST says that a Pub/Sub emulator runs at 127.0.0.1:1")
