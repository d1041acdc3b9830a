"""Programs of another folder that call a stack, and the tests of `tests/stack` with --url."""

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.servers.minimal_functions import minimal_functions

if TYPE_CHECKING:
    from tests.support.servers.local_stack import Stack, StartStack

ROOT = Path(__file__).parents[3]
FOLDER = "tests/stack"


def test_tests_of_the_api_pass_and_tests_of_a_local_stack_are_skipped_with_a_reason(stack: "Stack") -> None:
    chosen = ["test_smoke.py", "test_identity.py::test_reading_needs_its_own_role_and_says_so"]
    behind = "local/test_up.py::test_every_part_of_a_running_stack_is_ready"
    alone = "local/test_supervision.py::test_ctrl_c_during_the_start_stops_every_process"
    command = [sys.executable, "-m", "pytest", "--url", stack.url, "-p", "no:cacheprovider"]

    run = subprocess.run(
        [*command, *(f"{FOLDER}/{test}" for test in (*chosen, behind, alone))],
        cwd=ROOT,
        env={**stack.environ, "DATA_API_TOKEN": stack.token("ada", "data.read", "data.write")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert (0, "") == (run.returncode, run.stderr), run.stdout
    assert "4 passed, 3 skipped" in run.stdout
    assert "needs a stack that the test starts" in run.stdout


def test_a_program_of_another_folder_is_told_which_folder_the_stack_is_from(stack: "Stack", tmp_path: Path) -> None:
    port = str(stack.port)
    other = stack.command("list", "--port", port, DATA_API_HOME=str(tmp_path))
    with_its_key = stack.command("list", "--port", port, DATA_API_HOME=str(stack.home.parent))
    taken = stack.command("up", "--port", port, DATA_API_HOME=str(tmp_path), DATA_API_STARTED_BY_MAKE="1")

    assert (3, 1) == (other.returncode, other.stderr.count("\n"))
    assert f"The stack on port {port} was started from {stack.home.parent} and accepts only tokens" in other.stderr
    assert f"this program uses {tmp_path}." in other.stderr
    assert f"set DATA_API_HOME={stack.home.parent}.\n" in other.stderr
    assert 0 == with_its_key.returncode
    assert f"choose another port with `make up PORT={stack.port + 1}`.\n" in taken.stderr


def test_a_key_that_was_replaced_while_the_stack_runs_is_reported(start_stack: "StartStack", tmp_path: Path) -> None:
    started = start_stack(minimal_functions(tmp_path / "functions"))
    started.wait_until_up()
    (started.home / "signing-key.pem").unlink()
    result = started.command("list", "--port", str(started.port))
    assert f"The signing key in {started.home} has changed since the stack was started" in result.stderr
