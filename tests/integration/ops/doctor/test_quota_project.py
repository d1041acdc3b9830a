"""`data-api doctor --stack`: the quota project of a person's own credential."""

import pytest
from google.oauth2 import credentials
from google.oauth2.credentials import Credentials

from data_api.ops.doctor.check_context import enable
from data_api.shared.gcloud import PROJECTS
from tests.support.ops.machine import Machine
from tests.support.ops.ready_project import KEY, PROJECT, REGION
from tests.support.servers import google_server
from tests.support.servers.google_server import refusal


def person(quota_project: str | None = None, client: str = "32555940559.apps.googleusercontent.com") -> Credentials:
    """A credential as gcloud creates it."""
    return credentials.Credentials(  # type: ignore[no-untyped-call] # google-auth has no annotations
        google_server.TOKEN, client_id=client, quota_project_id=quota_project
    )


@pytest.mark.parametrize("number", PROJECTS)
def test_a_service_that_requires_a_quota_project_is_reported_with_the_command_that_sets_one(
    machine: Machine, number: str
) -> None:
    path = f"orgpolicy/v2/projects/{PROJECT}/policies/run.allowedIngress:getEffectivePolicy"
    service = "orgpolicy.googleapis.com"
    message = f"The {service} API requires a quota project, which is not set by default."
    refused = refusal(403, "PERMISSION_DENIED", message, "SERVICE_DISABLED", service, consumer=number)
    machine.google.answers["GET", path] = refused
    expected = (
        f"not checked: {service} requires a quota project, and your credential has none",
        f"gcloud auth application-default set-quota-project {PROJECT}",
    )
    assert expected == machine.result("org policies", "unknown")


@pytest.mark.parametrize(
    ("setting", "service"), [("quotaPerMinute", "apikeys"), ("budget", "billingbudgets")], ids=["quota", "budget"]
)
def test_api_keys_and_a_budget_need_a_quota_project_for_pulumi(machine: Machine, setting: str, service: str) -> None:
    settings = {"gcp:project": PROJECT, "gcp:region": REGION, f"data-api:{setting}": "100"}
    machine.configure(config=settings)
    machine.act_as(person())
    message, fix = machine.result("quota project", "problem")
    assert f"{service}.googleapis.com requires one, and your own credential gives Pulumi none" == message
    assert [
        "pulumi config set gcp:userProjectOverride true --stack dev",
        f"pulumi config set gcp:billingProject {PROJECT} --stack dev",
        f"gcloud auth application-default set-quota-project {PROJECT}",
    ] == fix.splitlines()
    machine.act_as(person(quota_project=PROJECT))
    assert fix.splitlines()[:2] == machine.result("quota project", "problem")[1].splitlines()
    machine.configure(config={**settings, "gcp:userProjectOverride": "true", "gcp:billingProject": PROJECT})
    assert f"ok       quota project: {PROJECT}" in machine.doctor().stdout


def test_a_quota_project_is_no_problem_of_a_stack_that_a_pipeline_may_deploy(machine: Machine) -> None:
    settings = {"gcp:project": PROJECT, "gcp:region": REGION, "data-api:budget": "100"}
    machine.configure(secretsprovider=f"gcpkms://{KEY}", config=settings)
    machine.act_as(person())
    assert machine.result("quota project", "unknown")[1].startswith("# Not for a stack that a pipeline deploys")


@pytest.mark.parametrize("client", ["32555940559.apps.googleusercontent.com", "764086051850-a.apps.x", "1-a.apps.x"])
def test_a_stack_without_them_needs_no_quota_project(machine: Machine, client: str) -> None:
    machine.act_as(person(client=client))
    assert "quota project" not in machine.doctor().stdout


def test_more_services_than_google_accepts_at_once_are_enabled_in_two_commands() -> None:
    services = [f"service{number}" for number in range(22)]
    assert [
        f"gcloud services enable {' '.join(services[:20])} --project={PROJECT}",
        f"gcloud services enable {' '.join(services[20:])} --project={PROJECT}",
    ] == enable(services, PROJECT).splitlines()
