"""The check that scheduled backups are made: Google reports those that fail nowhere else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from tests.support.ops.machine import Machine
from tests.support.ops.ready_project import DATABASE, PROJECT, REGION, Json

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
PATH = f"firestore/v1/projects/{PROJECT}/databases/{DATABASE}"
LIST = f"firestore/v1/projects/{PROJECT}/locations/{REGION}/backups"


def ago(**time: int) -> str:
    return (NOW - timedelta(**time)).isoformat().replace("+00:00", "Z")


def backup(snapshot: str, state: str = "READY", uid: str = "of-this-database") -> Json:
    return {"name": f"{LIST}/1", "databaseUid": uid, "snapshotTime": snapshot, "state": state}


def database(created: str) -> Json:
    name = PATH.removeprefix("firestore/v1/")
    return {"name": name, "uid": "of-this-database", "locationId": REGION, "createTime": created}


@pytest.fixture
def deployed(machine: Machine) -> Machine:
    """A stack whose database is a month old."""
    machine.google.answers["GET", PATH] = database(ago(days=30))
    machine.pulumi["stack output --json"] = {"database": DATABASE}
    machine.dependencies = replace(machine.dependencies, now=lambda: NOW)
    return machine


def test_a_backup_of_the_last_day_is_ok(deployed: Machine) -> None:
    deployed.google.answers["GET", LIST] = {"backups": [backup(ago(days=2)), backup(ago(hours=20))]}
    assert ("the newest is of 2026-01-30T16:00:00Z", "") == deployed.result("backups", "ok")


@pytest.mark.parametrize(
    "newest", [backup(ago(hours=20), "NOT_AVAILABLE"), backup(ago(hours=20), uid="of-another"), backup(ago(hours=37))]
)
def test_an_old_newest_backup_is_a_problem(deployed: Machine, newest: Json) -> None:
    deployed.google.answers["GET", LIST] = {"backups": [backup(ago(days=2)), newest]}
    message, fix = deployed.result("backups", "problem")
    assert message.endswith("later ones failed")
    assert f"gcloud firestore backups schedules list --database={DATABASE} --project={PROJECT}" == fix.splitlines()[0]


def test_no_backup_is_a_problem_but_not_on_the_first_day(deployed: Machine) -> None:
    deployed.google.answers["GET", LIST] = {}
    assert f"no backup of {DATABASE} exists" == deployed.result("backups", "problem")[0]
    deployed.google.answers["GET", PATH] = database(ago(hours=20))
    assert "the first is made within a day after the database" == deployed.result("backups", "ok")[0]


def test_before_the_first_deployment_there_is_none_to_look_for(deployed: Machine) -> None:
    del deployed.google.answers["GET", PATH]
    assert "there is no database yet" == deployed.result("backups", "ok")[0]


def test_a_stack_that_is_not_recoverable_has_none(deployed: Machine) -> None:
    settings = yaml.safe_load((deployed.folder / "Pulumi.dev.yaml").read_text())
    settings["config"]["data-api:recoverable"] = False
    deployed.configure(**settings)
    assert "the stack has none (recoverable is false)" == deployed.result("backups", "ok")[0]


def test_backups_that_may_not_be_read_are_unknown(deployed: Machine) -> None:
    assert deployed.result("backups", "unknown")[0].startswith("not checked: ")
