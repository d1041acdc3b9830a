"""What `data-api doctor --stack` prints, and that it changes nothing."""

import pytest
from click.testing import CliRunner

from data_api.doctor import doctor
from tests.support.ops.machine import Machine
from tests.support.ops.ready_project import PROJECT, REGION
from tests.support.servers import google_server


def test_without_problems_every_check_is_ok_and_the_exit_code_is_0(machine: Machine) -> None:
    result = machine.doctor()
    assert 0 == result.exit_code, result.output
    lines = result.stdout.splitlines()
    assert ["", "No problems."] == lines[-2:]
    assert {"ok"} == {line.split()[0] for line in lines[:-2]}
    names = [line[8:].partition(":")[0].strip() for line in lines[:-2]]
    assert [
        "pulumi",
        "pulumi plugin",
        "gcloud",
        "credentials",
        "state",
        "stack",
        "secrets key",
        "project",
        "billing",
        "services",
        "permissions",
        "org policies",
        "quotas",
        "quotas",
        "database",
        "backups",
        "web page",
    ] == names


def test_doctor_changes_nothing(machine: Machine) -> None:
    machine.doctor()
    posts = {path.rpartition(":")[2] for path in machine.google.paths("POST")}
    assert {"testIamPermissions"} == posts
    assert {"GET", "POST"} == {call.method for call in machine.google.calls}
    assert {f"Bearer {google_server.TOKEN}"} == {call.authorization for call in machine.google.calls}


def test_the_fix_is_printed_below_the_problem(machine: Machine) -> None:
    machine.google.answers["GET", f"cloudbilling/v1/projects/{PROJECT}/billingInfo"] = {"billingEnabled": False}
    result = machine.doctor()
    assert 1 == result.exit_code
    lines = result.stdout.splitlines()
    at = lines.index(f"problem  billing: {PROJECT} has no open billing account")
    assert f"    gcloud billing projects link {PROJECT} --billing-account=YOUR_BILLING_ACCOUNT" == lines[at + 1]
    assert "1 problem to fix." == lines[-1]


def test_an_unknown_stack_is_reported_with_the_known_ones(machine: Machine) -> None:
    result = CliRunner().invoke(doctor, ["--stack", "prod"], obj=machine.dependencies)
    assert 1 == result.exit_code
    assert "Error: There is no Pulumi.prod.yaml (stacks with one: dev): " in result.stderr


@pytest.mark.parametrize(("key", "example"), [("gcp:project", "THE_ID_OF_YOUR_PROJECT"), ("gcp:region", "us-central1")])
def test_a_missing_setting_is_a_problem_and_the_project_is_not_queried(
    machine: Machine, key: str, example: str
) -> None:
    settings = {"gcp:project": PROJECT, "gcp:region": REGION}
    del settings[key]
    machine.configure(config=settings)
    expected = (f"{key} is not set", f"pulumi config set {key} {example} --stack dev")
    assert expected == machine.result("configuration", "problem")
    assert [] == [call.path for call in machine.google.calls if "/projects/" in call.path]
