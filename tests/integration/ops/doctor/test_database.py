"""The check that the name of the stack's database is free, or the stack's own."""

from tests.support.ops.machine import Machine
from tests.support.ops.ready_project import DATABASE, PROJECT
from tests.support.servers.google_server import service_disabled

DESCRIPTION = {"name": DATABASE, "uid": "1", "locationId": "us-central1", "createTime": "2026-01-01T00:00:00Z"}


def test_a_database_that_is_not_in_the_state_is_a_problem(machine: Machine) -> None:
    path = f"firestore/v1/projects/{PROJECT}/databases/{DATABASE}"
    machine.google.answers["GET", path] = DESCRIPTION
    message, fix = machine.result("database", "problem")
    assert f"{DATABASE} exists and is not in the stack's state: Pulumi cannot create it" == message
    assert f"gcloud firestore databases delete --database={DATABASE} --project={PROJECT}" == fix.splitlines()[-1]


def test_the_database_of_the_stack_is_ok(machine: Machine) -> None:
    path = f"firestore/v1/projects/{PROJECT}/databases/{DATABASE}"
    machine.google.answers["GET", path] = DESCRIPTION
    machine.pulumi["stack output --json"] = {"database": DATABASE}
    assert (f"{DATABASE} belongs to the stack", "") == machine.result("database", "ok")


def test_the_name_is_free_if_firestore_is_disabled(machine: Machine) -> None:
    path = f"firestore/v1/projects/{PROJECT}/databases/{DATABASE}"
    machine.google.answers["GET", path] = service_disabled("firestore.googleapis.com")
    assert (f"the name {DATABASE} is free", "") == machine.result("database", "ok")
