"""Which project and database the drill uses: named, or read from the outputs of a stack."""

import json

import pytest

from tests.support.ops.firestore_admin import PROJECT
from tests.support.ops.restore_drill import RestoreDrill


def test_project_and_database_come_from_the_outputs_of_the_stack(restore_drill: RestoreDrill) -> None:
    outputs = json.dumps({"project": PROJECT, "database": restore_drill.firestore.live})
    program = restore_drill.folder / "pulumi"
    program.write_text(f"#!/bin/sh\necho \"$*\" > {restore_drill.folder}/asked\necho '{outputs}'\n")
    program.chmod(0o755)
    assert 0 == restore_drill.run("--stack", "dev", named=False).exit_code
    assert "--non-interactive stack output --json --stack dev\n" == (restore_drill.folder / "asked").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Error: Name the database: give --stack, or both --project and --database.\n"),
        (["--stack", "dev"], "Error: Pulumi is not installed: curl -fsSL https://get.pulumi.com | sh\n"),
    ],
)
def test_a_missing_target_is_reported(restore_drill: RestoreDrill, arguments: list[str], said: str) -> None:
    result = restore_drill.run(*arguments, named=False)
    assert (1, said) == (result.exit_code, result.stderr)


def test_a_stack_that_is_not_deployed_is_reported(restore_drill: RestoreDrill) -> None:
    program = restore_drill.folder / "pulumi"
    program.write_text("#!/bin/sh\necho '{}'\n")
    program.chmod(0o755)
    result = restore_drill.run("--stack", "dev", named=False)
    assert (
        "Error: The stack dev has no output project and database: deploy it with `pulumi up --stack dev`"
        in result.stderr
    )
