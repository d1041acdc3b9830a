"""What `data-api up` prints if it cannot start, or cannot start a function."""

import signal
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

from data_api.shared import ports
from tests.support.servers.local_stack import Stack, StartStack
from tests.support.servers.minimal_functions import minimal_functions


def test_a_port_in_use_is_reported_with_its_owner_and_a_fix(stack: Stack) -> None:
    port = str(stack.port)
    same_folder = stack.command("up", "--port", port)
    other_folder = stack.command("up", "--port", port, DATA_API_HOME=str(stack.home.parent / "another"))
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        number = stranger.getsockname()[1]
        taken = stack.command("up", "--port", str(number), DATA_API_HOME=str(stack.home.parent / "another"))

    for result in (same_folder, other_folder):
        assert 1 == result.returncode
        assert f"Port {port} is used by another data-api stack" in result.stderr
        assert "--port" in result.stderr
    assert 1 == taken.returncode
    assert f"Error: Port {number} is in use by another program: stop it, or choose another port with --port.\n" == (
        taken.stderr
    )


def test_a_stack_that_cannot_start_reports_the_reason_in_one_sentence(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("")
    elsewhere = {"DATA_API_HOME": str(tmp_path)}
    port = str(ports.free_ports(1)[0])
    no_functions = stack.command("up", "--port", port, f"--functions={tmp_path}", **elsewhere)
    no_emulator = stack.command("up", "--port", port, **elsewhere, PUBSUB_EMULATOR_HOST="127.0.0.1:1")
    no_address = stack.command("up", "--port", port, **elsewhere, FIRESTORE_EMULATOR_HOST="http://localhost")
    no_folder = stack.command("up", "--port", port, DATA_API_HOME=str(tmp_path / "a file"))
    no_limits = stack.command("up", "--port", port, **elsewhere, DATA_API_LIMITS="foo")
    no_keys = stack.command("up", "--port", port, f"--trust-jwks={tmp_path / 'a file'}", **elsewhere)

    results = [no_functions, no_emulator, no_address, no_folder, no_limits, no_keys]
    assert [1] * 6 == [result.returncode for result in results]
    assert [1] * 6 == [result.stderr.count("\n") for result in results]
    assert no_functions.stderr.startswith(f"Error: The function generate is missing ({tmp_path}/generate.py): ")
    assert no_emulator.stderr.startswith("Error: PUBSUB_EMULATOR_HOST says that a Pub/Sub emulator runs at 127.0.0.1:1")
    assert "correct the variable (host:port)" in no_address.stderr
    assert "set DATA_API_HOME to a writable folder" in no_folder.stderr
    assert no_limits.stderr.startswith("Error: DATA_API_LIMITS must be a JSON object")
    assert no_keys.stderr.startswith("Error: The key set is rejected")


def test_a_function_that_cannot_start_is_retried_with_backoff_and_its_traceback_is_printed(
    start_stack: StartStack, tmp_path: Path
) -> None:
    broken = minimal_functions(tmp_path / "functions", generate="raise RuntimeError('broken on purpose')\n")

    started = start_stack(broken)

    started.eventually(lambda: "restarting it in 4 s" in started.output())
    assert 1 == started.output().count("generate ended (exit code 1); restarting it.\n")
    assert 1 == started.output().count("restarting it in 1 s") == started.output().count("restarting it in 2 s")
    ends = [
        line for line in started.output().splitlines() if line.endswith("generate  RuntimeError: broken on purpose")
    ]
    _, _, third, fourth = (datetime.strptime(line.split()[0], "%H:%M:%S.%f").replace(tzinfo=UTC) for line in ends)
    assert (fourth - third) % timedelta(days=1) >= timedelta(seconds=2)
    assert 0 == started.end(signal.SIGTERM)
    assert [] == started.survivors()
