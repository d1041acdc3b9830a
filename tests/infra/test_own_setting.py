"""A setting that is added as docs/your-own.md says reaches the resource, and the tests of settings check it."""

import json
import re
import subprocess
from pathlib import Path
from shutil import copyfile

import pytest

from tests.support.project_copy import ROOT, ProjectCopy, copy_project

_PATCH = re.compile(r"```diff\n(.*?)```", re.DOTALL)
DEPLOYED = """
import json
from tests.support.infra.pulumi_program import run_program
from tests.support.infra.resource_types import SUBSCRIPTION
from tests.support.infra.stack_settings import OPERATOR

deployment = run_program("dev", {**OPERATOR, "data-api:retrySeconds": "60"})
[push] = [found for found in deployment.all(SUBSCRIPTION) if found.name == "push"]
print(json.dumps(push.inputs["retryPolicy"]))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> ProjectCopy:
    copy = copy_project(tmp_path_factory.mktemp("own-setting") / "project")
    [patch] = _PATCH.findall((ROOT / "docs" / "your-own.md").read_text(encoding="utf-8"))
    subprocess.run(["git", "apply", "-"], cwd=copy.root, input=patch, text=True, check=True)  # noqa: S607 - git of the developer
    return copy


def test_it_reaches_the_resource(project: ProjectCopy) -> None:
    assert {"minimumBackoff": "10s", "maximumBackoff": "60s"} == json.loads(project.output_of(DEPLOYED))


def test_the_tests_of_settings_read_it(project: ProjectCopy) -> None:
    run = project.pytest("tests/infra/configuration/test_configuration.py", "-k", "declared or every or type")
    assert 0 == run.returncode, run.stdout[-8_000:] + run.stderr[-2_000:]
    assert "passed" in run.stdout


def test_a_setting_that_is_declared_and_not_read_fails(tmp_path: Path, project: ProjectCopy) -> None:
    declared_only = copy_project(tmp_path / "project")
    copyfile(project.root / "Pulumi.yaml", declared_only.root / "Pulumi.yaml")
    run = declared_only.pytest("tests/infra/configuration/test_configuration.py", "-k", "declared")
    assert 1 == run.returncode
    assert "retrySeconds" in run.stdout
