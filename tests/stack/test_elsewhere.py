"""The tests of this folder against a stack that somebody else has started, of which they know the address alone."""

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.stack.conftest import Stack

ROOT = Path(__file__).parents[2]
HERE = "tests/stack"


def test_they_pass_there_and_those_that_look_behind_the_gateway_are_skipped_with_the_reason(stack: "Stack") -> None:
    chosen = ["test_smoke.py", "test_identity.py::test_reading_needs_its_own_role_and_says_so"]
    behind = "test_up.py::test_a_stack_that_is_up_is_well_in_all_its_parts"
    alone = "test_up.py::test_ctrl_c_during_the_start_ends_it_well"
    command = [sys.executable, "-m", "pytest", "--url", stack.url, "-p", "no:cacheprovider"]

    run = subprocess.run(
        [*command, *(f"{HERE}/{each}" for each in (*chosen, behind, alone))],
        cwd=ROOT,
        env={**stack.environ, "DATA_API_TOKEN": stack.token("ada", "data.read", "data.write")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert (0, "") == (run.returncode, run.stderr), run.stdout
    assert "4 passed, 3 skipped" in run.stdout
    assert "it looks behind the gateway, or stops what runs there" in run.stdout
