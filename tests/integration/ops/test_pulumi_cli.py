"""How Pulumi is started: what it finds in its environment."""

from pathlib import Path

import pytest

from data_api.ops import pulumi_cli
from data_api.ops.dependencies import Dependencies

SCRIPT = """#!/bin/sh
printf '{"passphrase": "%s", "file": "%s"}' "${PULUMI_CONFIG_PASSPHRASE-unset}" "${PULUMI_CONFIG_PASSPHRASE_FILE-unset}"
"""


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, {"passphrase": "", "file": "unset"}),
        ({"PULUMI_CONFIG_PASSPHRASE": "own"}, {"passphrase": "own", "file": "unset"}),
        ({"PULUMI_CONFIG_PASSPHRASE_FILE": "own.txt"}, {"passphrase": "unset", "file": "own.txt"}),
    ],
)
def test_pulumi_has_the_empty_passphrase_if_the_shell_has_none(
    tmp_path: Path, environ: dict[str, str], expected: dict[str, str]
) -> None:
    program = tmp_path / "pulumi"
    program.write_text(SCRIPT)
    program.chmod(0o755)
    dependencies = Dependencies(root=tmp_path, environ={"PATH": f"{tmp_path}:/bin:/usr/bin", **environ})
    assert expected == pulumi_cli.outputs(dependencies, "dev")
