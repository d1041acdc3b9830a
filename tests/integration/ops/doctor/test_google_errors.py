"""What a check reports if Google does not answer it."""

from dataclasses import replace

import pytest

from tests.support.ops.machine import Machine
from tests.support.ops.ready_project import DATABASE, OTHER_CONSTRAINTS, PROJECT
from tests.support.servers.google_server import refusal, service_disabled


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("billing", f"cloudbilling/v1/projects/{PROJECT}/billingInfo"),
        ("org policies", f"orgpolicy/v2/projects/{PROJECT}/policies/run.allowedIngress:getEffectivePolicy"),
        ("org policies", f"orgpolicy/v2/projects/{PROJECT}/policies/{OTHER_CONSTRAINTS[-1]}:getEffectivePolicy"),
        ("services", f"serviceusage/v1/projects/{PROJECT}/services"),
        ("database", f"firestore/v1/projects/{PROJECT}/databases/{DATABASE}"),
    ],
)
def test_a_check_without_permission_is_unknown(machine: Machine, name: str, path: str) -> None:
    machine.google.answers["GET", path] = refusal(403, "PERMISSION_DENIED", "The caller does not have permission.")
    service = path.partition("/")[0]
    expected = (f"not checked: {service}.googleapis.com rejected the request: The caller does not have permission.", "")
    assert expected == machine.result(name, "unknown")


def test_a_check_whose_service_is_disabled_is_unknown_with_the_command_that_enables_it(machine: Machine) -> None:
    path = f"cloudbilling/v1/projects/{PROJECT}/billingInfo"
    machine.google.answers["GET", path] = service_disabled("cloudbilling.googleapis.com")
    expected = (
        "not checked, because cloudbilling.googleapis.com is disabled",
        f"gcloud services enable cloudbilling.googleapis.com --project={PROJECT}",
    )
    assert expected == machine.result("billing", "unknown")


def test_a_temporary_error_is_retried(machine: Machine) -> None:
    answers = iter([refusal(503, "UNAVAILABLE", "Try again."), refusal(429, "RESOURCE_EXHAUSTED", "Slower.")])
    path = f"cloudbilling/v1/projects/{PROJECT}/billingInfo"
    machine.google.answers["GET", path] = lambda _: next(answers, {"billingEnabled": True})
    assert ("enabled", "") == machine.result("billing", "ok")


def test_an_answer_of_another_server_is_reported_without_a_traceback(machine: Machine) -> None:
    path = f"cloudbilling/v1/projects/{PROJECT}/billingInfo"
    machine.google.answers["GET", path] = (407, "Proxy Authentication Required")
    message, _ = machine.result("billing", "unknown")
    assert "not checked: cloudbilling.googleapis.com answers 407 Proxy Authentication Required." == message


def test_a_failed_connection_is_reported(machine: Machine) -> None:
    machine.dependencies = replace(machine.dependencies, address="http://127.0.0.1:1/{service}")
    message, _ = machine.result("project", "unknown")
    assert message.startswith("not checked: cloudresourcemanager.googleapis.com does not answer (")
