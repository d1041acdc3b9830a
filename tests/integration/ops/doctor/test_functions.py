"""The check that the functions run what the last deployment built: a build that failed is found by it."""

import json

import pytest

from tests.support.ops.machine import Machine
from tests.support.ops.ready_project import PROJECT, REGION, Json
from tests.support.servers.google_server import service_disabled

BUILD = "functions-0123456789abcdef.zip 2026-01-31T12:00:00+00:00"
OLD = "functions-fedcba9876543210.zip 2026-01-30T12:00:00+00:00"
PLACE = f"v2/projects/{PROJECT}/locations/{REGION}"
NAMES = {"generate": "data-api-dev-generate", "persist": "data-api-dev-persist"}


@pytest.fixture
def deployed(machine: Machine) -> Machine:
    """A stack with two functions that run what the last deployment built."""
    machine.pulumi["stack output --json"] = {
        "project": PROJECT,
        "region": REGION,
        "functions": NAMES,
        "build": BUILD,
        "database": "data-api-dev",
    }
    for name in NAMES.values():
        run(machine, name, BUILD)
    return machine


def run(machine: Machine, name: str, build: str) -> None:
    """Lets the function run a revision that is the result of this build."""
    service = f"{PLACE.removeprefix('v2/')}/services/{name}"
    revision = f"{service}/revisions/{name}-00001"
    env: Json = [{"name": "LOG_EXECUTION_ID", "value": "false"}, {"name": "BUILD", "value": build}]
    machine.google.answers |= {
        ("GET", f"cloudfunctions/{PLACE}/functions/{name}"): {"state": "ACTIVE", "serviceConfig": {"service": service}},
        ("GET", f"run/v2/{service}"): {"latestReadyRevision": revision},
        ("GET", f"run/v2/{revision}"): {"containers": [{"env": env}]},
    }


def messages(machine: Machine) -> list[tuple[bool | None, str, str]]:
    """Result, message and fix of each function."""
    result = machine.doctor("--json", "--only", "functions")
    report = json.loads(result.stdout)
    assert (0 if report["ok"] else 1) == result.exit_code
    return [(check["ok"], check["message"], check["fix"]) for check in report["checks"]]


def test_functions_that_run_the_last_build_are_ok(deployed: Machine) -> None:
    assert [(True, f"{name} runs {BUILD}", "") for name in NAMES] == messages(deployed)


def test_a_function_that_still_runs_an_older_build_is_a_problem(deployed: Machine) -> None:
    run(deployed, NAMES["persist"], OLD)
    message = f"persist runs {OLD}, and the last deployment built {BUILD}"
    assert (False, message, "pulumi up --stack dev --refresh") == messages(deployed)[1]


def test_a_function_that_was_never_built_is_a_problem(deployed: Machine) -> None:
    deployed.google.answers["GET", f"cloudfunctions/{PLACE}/functions/{NAMES['persist']}"] = {
        "state": "FAILED",
        "stateMessages": [{"message": "Build failed: no permission to write logs"}],
    }
    expected = (False, "persist is FAILED: Build failed: no permission to write logs", "pulumi up --stack dev")
    assert expected == messages(deployed)[1]


def test_a_function_that_is_gone_is_a_problem(deployed: Machine) -> None:
    del deployed.google.answers["GET", f"cloudfunctions/{PLACE}/functions/{NAMES['persist']}"]
    assert (False, "persist does not exist", "pulumi up --stack dev --refresh") == messages(deployed)[1]


def test_a_function_of_before_builds_had_names_is_a_problem(deployed: Machine) -> None:
    run(deployed, NAMES["persist"], "")
    assert "persist runs an unknown build" in messages(deployed)[1][1]


def test_a_check_that_is_reported_alone_fails_if_google_does_not_let_it_read(deployed: Machine) -> None:
    deployed.google.answers["GET", f"cloudfunctions/{PLACE}/functions/{NAMES['persist']}"] = service_disabled(
        "cloudfunctions.googleapis.com"
    )
    assert 0 == deployed.doctor().exit_code
    assert 1 == deployed.doctor("--only", "functions").exit_code


def test_before_the_first_deployment_there_is_nothing_to_compare(machine: Machine) -> None:
    result = machine.doctor("--only", "functions")
    assert 1 == result.exit_code
    assert "The check functions has not run to its end: see all of them without --only." in result.output
    assert 0 == machine.doctor().exit_code
