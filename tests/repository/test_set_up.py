"""The commands of .github/set-up.sh, with a `gh` that records its arguments."""

import json
import os
import shlex
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / ".github" / "set-up.sh"
GH = """#!/bin/sh
printf '%s\\n' "$*" >> "$ASKED"
case "$*" in
  *--input*) cat >> "$ASKED" ;;
  'api user'*) echo 7 ;;
  *'prod/deployment-branch-policies --jq'*) echo "$BRANCHES_OF_PROD" ;;
esac
"""
ENVIRONMENTS = {
    "dev": {"DEPLOYER": "d@x", "PULUMI_BACKEND_URL": "gs://dev"},
    "dev-preview": {"PREVIEWER": "p@x", "PULUMI_BACKEND_URL": "gs://dev"},
    "prod": {"DEPLOYER": "d@y", "PULUMI_BACKEND_URL": "gs://prod"},
    "prod-preview": {"PREVIEWER": "p@y", "PULUMI_BACKEND_URL": "gs://prod"},
}
OUTPUTS = {
    "repositoryVariables": {"WORKLOAD_IDENTITY_PROVIDER": "projects/1/provider"},
    "environmentVariables": ENVIRONMENTS,
    "pullRequestEnvironments": ["dev-preview"],
    "states": {"dev": "gs://dev"},
}
MAIN_ONLY = {"deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True}}


def asked_of(tmp_path: Path, branches_of_prod: str = "") -> str:
    gh = tmp_path / "gh"
    gh.write_text(GH)
    gh.chmod(0o755)
    environ = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "ASKED": str(tmp_path / "asked")}
    environ |= {"BRANCHES_OF_PROD": branches_of_prod}
    done = subprocess.run([str(SCRIPT)], input=json.dumps(OUTPUTS), env=environ, text=True, check=False)
    assert 0 == done.returncode
    return (tmp_path / "asked").read_text()


@pytest.fixture
def commands(tmp_path: Path) -> str:
    return asked_of(tmp_path)


def protections(commands: str) -> dict[str, object]:
    """The arguments of the command that creates each environment."""
    results = {}
    for piece in commands.split("api --silent --method PUT ")[1:]:
        path, _, rest = piece.partition(" --input -\n")
        results[path.rpartition("/")[2]] = json.JSONDecoder().raw_decode(rest)[0]
    return results


def test_every_variable_of_every_environment_is_set_under_its_own_name(commands: str) -> None:
    set_ = {line for line in commands.splitlines() if line.startswith("variable set")}
    expected = {
        f"variable set {name} --env {environment} --body {value}"
        for environment, variables in ENVIRONMENTS.items()
        for name, value in variables.items()
    }
    assert expected | {"variable set WORKLOAD_IDENTITY_PROVIDER --body projects/1/provider"} == set_


def test_only_main_enters_all_but_previews_of_pull_requests_and_prod_waits_for_a_person(commands: str) -> None:
    reviewed = {**MAIN_ONLY, "reviewers": [{"type": "User", "id": 7}]}
    expected = {"dev": MAIN_ONLY, "dev-preview": {}, "prod": reviewed, "prod-preview": MAIN_ONLY}
    assert expected == protections(commands)
    branches = [shlex.split(line)[4:] for line in commands.splitlines() if "--method POST" in line]
    path = "repos/{owner}/{repo}/environments"
    assert [
        [f"{path}/{stack}/deployment-branch-policies", "--field", "name=main"]
        for stack in ("dev", "prod", "prod-preview")
    ] == branches


def test_a_branch_that_is_allowed_already_is_not_allowed_again(tmp_path: Path) -> None:
    assert "environments/prod/deployment-branch-policies --field" not in asked_of(tmp_path, branches_of_prod="main")
