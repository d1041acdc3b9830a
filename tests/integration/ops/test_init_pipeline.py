"""`data-api init` for the pipeline: the preparation's settings, and stacks from what it has created."""

import json
from pathlib import Path

import pytest
from google.oauth2 import credentials

from data_api.ops.credentials import Authorization
from data_api.shared.gcloud import AUDIENCE
from tests.support.cloud_programs import OWN, PLACE, PROJECT, REGION, Clone, put_program
from tests.support.servers import google_server

DEPLOYER = f"dev-deploy@{PROJECT}.iam.gserviceaccount.com"
KEY = f"gcpkms://projects/{PROJECT}/locations/{REGION}/keyRings/pulumi-dev/cryptoKeys/secrets"
OUTPUTS = {
    "states": {"dev": f"gs://pulumi-dev-{PROJECT}"},
    "secretsProviders": {"dev": KEY},
    "environmentVariables": {"dev": {"DEPLOYER": DEPLOYER}},
}


@pytest.fixture
def outputs(dev: Clone) -> Path:
    file = dev.folder / "outputs.json"
    file.write_text(json.dumps(OUTPUTS))
    return file


def test_the_preparation_is_told_the_project_and_the_numbers_that_github_knows(dev: Clone) -> None:
    result = dev.run("--pipeline", *PLACE)
    assert (0, "") == (result.exit_code, result.stderr), result.output
    here, stack = "-C infra/bootstrap", "--stack project"
    assert [
        "login file://~",
        f"{here} stack select project --create",
        f"{here} config set gcp:project {PROJECT} {stack}",
        f"{here} config set gcp:region {REGION} {stack}",
        f"{here} config set repositoryId 1234 {stack}",
        f"{here} config set ownerId 56 {stack}",
    ] == dev.changes()
    assert "    pulumi -C infra/bootstrap up" == result.stdout.splitlines()[-1]


def test_a_second_run_of_it_changes_nothing_and_asks_github_for_nothing(dev: Clone) -> None:
    dev.run("--pipeline", *PLACE)
    dev.forget()
    put_program(dev.folder, "gh", "#!/bin/sh\nexit 1\n")
    assert 0 == dev.run("--pipeline").exit_code
    assert ["-C infra/bootstrap stack select project --create"] == dev.changes()


@pytest.mark.parametrize("script", ["exit 1", "echo no numbers here"])
def test_without_an_answer_of_github_the_numbers_are_options(dev: Clone, script: str) -> None:
    put_program(dev.folder, "gh", f"#!/bin/sh\n{script}\n")
    result = dev.run("--pipeline", *PLACE)
    assert (2, True) == (result.exit_code, "--repository-id is missing" in result.stderr)
    assert 0 == dev.run("--pipeline", *PLACE, "--repository-id", "7", "--owner-id", "8").exit_code
    assert "-C infra/bootstrap config set ownerId 8 --stack project" in dev.changes()


def test_a_dry_run_of_it_prints_the_lines_and_runs_none_of_them(dev: Clone) -> None:
    lines = dev.run("--pipeline", *PLACE, "--dry-run").stdout.splitlines()
    assert "pulumi -C infra/bootstrap config set repositoryId 1234 --stack project" in lines
    assert [] == dev.notes()


def test_a_stack_of_the_pipeline_takes_state_key_and_grant_from_what_was_created(dev: Clone, outputs: Path) -> None:
    dev.run("--stack", "dev", "--outputs", str(outputs))
    member = f"serviceAccount:{DEPLOYER}"
    assert [
        f"login gs://pulumi-dev-{PROJECT}",
        f"stack select dev --create --secrets-provider {KEY}",
        f"config set gcp:project {PROJECT} --stack dev",
        f"config set gcp:region {REGION} --stack dev",
        "config set data-api:prepared true --stack dev",
        f'config set --path data-api:grants["data.write"][0] {member} --stack dev',
        f'config set --path data-api:grants["data.read"][0] {member} --stack dev',
    ] == dev.changes()
    assert {f"gs://pulumi-dev-{PROJECT}"} == {note["backend"] for note in dev.notes()}


def test_a_stack_of_the_pipeline_gets_no_quota_project_of_a_person(dev: Clone, outputs: Path) -> None:
    person = credentials.Credentials(google_server.TOKEN, client_id=AUDIENCE)  # type: ignore[no-untyped-call] # google-auth has no annotations
    dev.authorization = lambda _: Authorization(person)
    dev.configure(**OWN, **{"data-api:quotaPerMinute": 100})
    dev.run("--stack", "dev", "--outputs", str(outputs))
    assert "gcp:billingProject" not in dev.settings()


@pytest.mark.parametrize("content", ["{}", "nothing", "[]", '{"secretsProviders": {"dev": 1}}'])
def test_outputs_of_something_else_are_told_with_the_command_that_writes_them(dev: Clone, content: str) -> None:
    file = dev.folder / "outputs.json"
    file.write_text(content)
    result = dev.run("--stack", "dev", "--outputs", str(file))
    assert (1, []) == (result.exit_code, dev.notes())
    assert "write it with `pulumi -C infra/bootstrap stack output --json > " in result.stderr
