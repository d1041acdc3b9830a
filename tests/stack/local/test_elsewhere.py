"""The tests of `tests/stack` with --url, against a stack of which they only know the address."""

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.servers.local_stack import Stack

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
