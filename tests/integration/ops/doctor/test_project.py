"""The checks of the project: does it exist, which services are on, what the deployer may do."""

import pytest

from data_api.ops.doctor.permissions import needed
from tests.support.ops.machine import Machine
from tests.support.ops.ready_project import PROJECT, enabled_service
from tests.support.servers.google_server import refusal, service_disabled


@pytest.mark.parametrize("code", [(403, "PERMISSION_DENIED"), (404, "NOT_FOUND")])
def test_an_unknown_project_ends_the_checks_that_need_it(machine: Machine, code: tuple[int, str]) -> None:
    path = f"cloudresourcemanager/v3/projects/{PROJECT}"
    machine.google.answers["GET", path] = refusal(*code, "The caller does not have permission")
    message, fix = machine.result("project", "problem")
    assert f"the project {PROJECT} does not exist, or you have no access to it" == message
    assert f"gcloud projects create {PROJECT}\ngcloud projects list" == fix
    assert "billing" not in machine.doctor().stdout


def test_a_project_that_is_being_deleted_is_a_problem(machine: Machine) -> None:
    path = f"cloudresourcemanager/v3/projects/{PROJECT}"
    machine.google.answers["GET", path] = {"name": "projects/123", "state": "DELETE_REQUESTED"}
    expected = (f"{PROJECT} is being deleted", f"gcloud projects undelete {PROJECT}")
    assert expected == machine.result("project", "problem")


def test_a_project_with_resource_manager_disabled_is_unknown(machine: Machine) -> None:
    path = f"cloudresourcemanager/v3/projects/{PROJECT}"
    machine.google.answers["GET", path] = service_disabled("cloudresourcemanager.googleapis.com")
    _, fix = machine.result("project", "unknown")
    assert f"gcloud services enable cloudresourcemanager.googleapis.com --project={PROJECT}" == fix


def test_disabled_services_are_listed_with_one_command_that_enables_them(machine: Machine) -> None:
    path = f"serviceusage/v1/projects/{PROJECT}/services"
    others = [service for service in machine.services() if service not in {"run", "pubsub"}]
    machine.google.answers["GET", path] = {"services": [enabled_service(service) for service in others]}
    message, fix = machine.result("services", "problem")
    assert "2 are disabled: pubsub.googleapis.com, run.googleapis.com" == message
    assert f"gcloud services enable pubsub.googleapis.com run.googleapis.com --project={PROJECT}" == fix


def test_missing_permissions_are_listed_with_the_roles_that_contain_them(machine: Machine) -> None:
    lacking = {"pubsub.topics.create", "pubsub.topics.setIamPolicy", "iam.serviceAccounts.actAs"}
    path = f"cloudresourcemanager/v3/projects/{PROJECT}:testIamPermissions"
    machine.google.answers["POST", path] = lambda call: {
        "permissions": [permission for permission in call.body["permissions"] if permission not in lacking]
    }
    message, fix = machine.result("permissions", "problem")
    assert lacking == set(message.removeprefix("you lack ").split(", "))
    grant = f"gcloud projects add-iam-policy-binding {PROJECT} --member=user:YOUR_EMAIL --role={{}} --condition=None"
    assert {grant.format("roles/pubsub.admin"), grant.format("roles/iam.serviceAccountUser")} == set(fix.splitlines())


def test_every_required_permission_is_tested(machine: Machine) -> None:
    machine.doctor()
    [call] = [call for call in machine.google.calls if call.path.startswith("cloudresourcemanager/v3") and call.body]
    assert set(needed(machine.services())) == set(call.body["permissions"])
