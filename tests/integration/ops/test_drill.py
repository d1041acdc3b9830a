"""The whole restore drill: Firestore's admin interface is answered in Google's form, the data is the emulator's."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result

from data_api.ops.commands import drill
from data_api.ops.dependencies import Dependencies
from data_api.ops.drill.documents import Database
from data_api.ops.drill.temporary_database import unique_id
from data_api.ops.google_api import written
from tests.support.functions.adapters import Emulator
from tests.support.servers import emulated_records, google_server
from tests.support.servers.google_server import Call, GoogleServer, refusal

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PROJECT, ADA = "drilled", "ada@accounts.google.com"

Json = Any


@dataclass
class Firestore:
    """The admin interface of one project. A new database gets what `fill` writes into it once it is restored."""

    server: GoogleServer
    live: str
    fill: Callable[[str], None]
    backups: list[Json] = field(default_factory=list)
    fields: list[Json] = field(default_factory=list)
    existing: dict[str, Json] = field(default_factory=dict)  # databases, by name
    deleted: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    protects: bool = False  # a new database
    busy: int = 0  # how often a new database cannot be deleted yet
    begin: Json = None  # what the call to restore answers, if not with an operation
    outcome: Json = field(default_factory=lambda: {"done": True, "response": {}})

    def __post_init__(self) -> None:
        self.existing[f"projects/{PROJECT}/databases/{self.live}"] = self.description(self.live)
        self.existing[f"projects/{PROJECT}/databases/another"] = self.description("another")
        base = f"firestore/v1/projects/{PROJECT}"
        self.server.answers |= {
            ("GET", f"{base}/databases/{self.live}"): self.description(self.live),
            ("GET", f"{base}/locations/us-central1/backups"): lambda _: {"backups": self.backups},
            ("POST", f"{base}/databases:restore"): self.begun,
            ("POST", f"{base}/databases:clone"): self.begun,
            ("GET", f"{base}/databases/{self.live}/collectionGroups/records/fields"): lambda _: {"fields": self.fields},
        }

    def description(self, database: str) -> Json:
        return {
            "name": f"projects/{PROJECT}/databases/{database}",
            "uid": f"uid-of-{database}",
            "locationId": "us-central1",
            "earliestVersionTime": written(NOON - timedelta(days=6)),
            "deleteProtectionState": "DELETE_PROTECTION_ENABLED"
            if database == self.live
            else "DELETE_PROTECTION_DISABLED",
        }

    def backup(self, name: str, taken: datetime, **other: str) -> None:
        path = f"projects/{PROJECT}/locations/us-central1/backups/{name}"
        known = {"name": path, "snapshotTime": written(taken), "state": "READY", "databaseUid": f"uid-of-{self.live}"}
        self.backups.append(known | other)

    def begun(self, call: Call) -> Json:
        new_id = call.body["databaseId"]
        name = f"projects/{PROJECT}/databases/{new_id}"
        if self.begin is not None:
            return self.begin(name) if callable(self.begin) else self.begin
        self.make(name)
        return {"name": f"{name}/operations/1"}

    def make(self, name: str) -> None:
        protection = "DELETE_PROTECTION_ENABLED" if self.protects else "DELETE_PROTECTION_DISABLED"
        self.existing[name] = self.description(name.rpartition("/")[2]) | {"deleteProtectionState": protection}
        looks = iter([{"completedWork": "1", "estimatedWork": "2"}])
        self.server.answers |= {
            ("GET", f"firestore/v1/{name}"): lambda _: self.existing.get(name, google_server.not_found(name)),
            ("GET", f"firestore/v1/{name}/operations/1"): lambda _: self.looked_at(name, next(looks, None)),
            ("POST", f"firestore/v1/{name}/operations/1:cancel"): lambda _: self.cancel(name),
            ("PATCH", f"firestore/v1/{name}"): lambda call: self.update(name, call.body),
            ("DELETE", f"firestore/v1/{name}"): lambda _: self.delete(name),
        }

    def looked_at(self, name: str, progress: Json) -> Json:
        operation = {"name": f"{name}/operations/1"}
        if progress:
            return operation | {"metadata": {"operationState": "PROCESSING", "progressPercentage": progress}}
        if "response" in self.outcome:
            self.fill(name)
        return operation | self.outcome

    def cancel(self, name: str) -> Json:
        self.cancelled.append(name)
        return {}

    def update(self, name: str, changed: Json) -> Json:
        self.existing[name] |= changed
        return {"name": f"{name}/operations/3", "done": True, "response": {}}

    def delete(self, name: str) -> Json:
        if self.busy:
            self.busy -= 1
            return refusal(400, "FAILED_PRECONDITION", "The database is being restored.")
        if self.existing[name]["deleteProtectionState"] == "DELETE_PROTECTION_ENABLED":
            return refusal(400, "INVALID_ARGUMENT", "The database is protected.")
        del self.existing[name]
        self.deleted.append(name)
        return {"name": f"{name}/operations/2", "done": True, "response": {}}

    def is_as_before(self) -> bool:
        """Nothing is left over, and nothing else was deleted."""
        others = {f"projects/{PROJECT}/databases/{each}" for each in (self.live, "another")}
        asked = [path for path in self.server.asked("DELETE") if "-drill-" not in path]
        return others == set(self.existing) and not asked


@dataclass
class Drill:
    """A drill that can be held, with a live database of three records, of which a backup was made at noon."""

    firestore: Firestore
    dependencies: Dependencies
    reader: Callable[[str], Database]
    folder: Path

    def held(self, *arguments: str, named: bool = True) -> Result:
        names = ["--project", PROJECT, "--database", self.firestore.live] if named else []
        return CliRunner().invoke(drill, ["restore", *names, *arguments], obj=self.dependencies)

    def pausing(self, pause: Callable[[float], None]) -> None:
        self.dependencies = replace(self.dependencies, pause=pause)

    def write(self, name: str, records: dict[tuple[str, str], Json]) -> None:
        emulated_records.write(self.reader(name), records)


@pytest.fixture
def rehearsal(firestore: Emulator, tmp_path: Path) -> Iterator[Drill]:
    live, clock = f"live-{uuid4().hex[:8]}", [NOON + 2 * HOUR]
    records = {(ADA, uuid4().hex): stored(number) for number in range(3)}

    def passes(seconds: float) -> None:
        clock[0] += timedelta(seconds=seconds)

    with google_server.google_server() as server, emulated_records.databases(firestore) as reader:
        emulated_records.write(reader(f"projects/{PROJECT}/databases/{live}"), records)
        admin = Firestore(server, live, lambda name: emulated_records.write(reader(name), records))
        admin.backup("newest", NOON)
        dependencies = Dependencies(
            address=server.address,
            authorization=google_server.authorization,
            reader=lambda _: reader,
            root=tmp_path,
            environ={"PATH": str(tmp_path)},
            pause=passes,
            now=lambda: clock[0],
        )
        yield Drill(admin, dependencies, reader, tmp_path)


def stored(number: int) -> Json:
    created = NOON - HOUR + timedelta(minutes=number)
    return {"createdAt": created, "persistedAt": created, "data": {"number": number}}


def once(pause: Callable[[float], None]) -> Callable[[float], None]:
    """Pauses like this the first time, and then not at all."""
    left = [pause]
    return lambda seconds: left.pop()(seconds) if left else None


def interrupts(_seconds: float) -> None:
    raise KeyboardInterrupt


def test_a_backup_that_restores_is_reported_and_nothing_is_left_over(rehearsal: Drill) -> None:
    result = rehearsal.held()
    assert (0, "") == (result.exit_code, result.output.partition("Restoring")[0])
    assert [
        "Restored: backup newest",
        "Age of the data: 2 h 00 min (from 2026-01-31T12:00:00Z)",
        "Time to restore: 20 s",
        "Compared: 3 of 3 records of 1 users in 0 s",
        "The backup can be restored: no record is missing, changed or extra.",
    ] == result.stdout.splitlines()
    assert 1 == len(rehearsal.firestore.deleted)
    assert rehearsal.firestore.is_as_before()


def test_the_report_as_json_has_the_numbers(rehearsal: Drill) -> None:
    result = rehearsal.held("--json")
    assert {
        "ok": True,
        "database": rehearsal.firestore.live,
        "source": "backup newest",
        "snapshotTime": "2026-01-31T12:00:00Z",
        "ageSeconds": 7_200,
        "restoringSeconds": 20,
        "comparingSeconds": 0,
        "users": 1,
        "usersSampled": 0,
        "recordsCounted": 3,
        "recordsCompared": 3,
        "differences": 0,
        "named": [],
    } == json.loads(result.stdout)


def test_every_call_carries_the_credential(rehearsal: Drill) -> None:
    rehearsal.held()
    assert {f"Bearer {google_server.TOKEN}"} == {call.authorization for call in rehearsal.firestore.server.calls}


def test_the_newest_backup_that_is_ready_is_taken(rehearsal: Drill) -> None:
    rehearsal.firestore.backup("older", NOON - HOUR)
    rehearsal.firestore.backup("unfinished", NOON + HOUR, state="CREATING")
    rehearsal.firestore.backup("of-another", NOON + HOUR, databaseUid="uid-of-another")
    assert "Restored: backup newest" in rehearsal.held().stdout
    [asked] = [call for call in rehearsal.firestore.server.calls if call.path.endswith("/backups")]
    assert {"filter": [f'database_uid="uid-of-{rehearsal.firestore.live}"']} == asked.parameters


def test_a_record_that_is_missing_changed_or_extra_fails_the_drill(rehearsal: Drill) -> None:
    ids = sorted(uuid4().hex for _ in range(3))
    live = f"projects/{PROJECT}/databases/{rehearsal.firestore.live}"
    rehearsal.write(live, {(ADA, ids[0]): stored(7), (ADA, ids[1]): stored(8)})
    fill = rehearsal.firestore.fill

    def differently(name: str) -> None:
        fill(name)
        rehearsal.write(name, {(ADA, ids[1]): stored(9), (ADA, ids[2]): stored(10)})

    rehearsal.firestore.fill = differently
    result = rehearsal.held()
    assert 1 == result.exit_code
    assert [
        f"  missing: users/{ADA}/records/{ids[0]}",
        f"  changed: users/{ADA}/records/{ids[1]}",
        f"  extra: users/{ADA}/records/{ids[2]}",
        "The restored database differs from the live one in 3 records.",
    ] == result.stdout.splitlines()[-4:]
    assert rehearsal.firestore.is_as_before()


def test_two_databases_without_records_prove_nothing_and_fail_the_drill(rehearsal: Drill) -> None:
    rehearsal.firestore.live = f"empty-{uuid4().hex[:8]}"
    rehearsal.firestore.__post_init__()
    rehearsal.firestore.backups[0]["databaseUid"] = f"uid-of-{rehearsal.firestore.live}"
    rehearsal.firestore.fill = lambda _: None
    result = rehearsal.held()
    assert 1 == result.exit_code
    assert result.stdout.endswith("so the drill tested nothing.\n")


def test_without_a_backup_nothing_is_made(rehearsal: Drill) -> None:
    rehearsal.firestore.backups.clear()
    result = rehearsal.held()
    assert 1 == result.exit_code
    assert "There is no backup of" in result.stderr
    assert [] == rehearsal.firestore.server.asked("POST")


def test_a_live_database_that_is_not_there_is_told(rehearsal: Drill) -> None:
    rehearsal.firestore.live = "absent"
    result = rehearsal.held()
    assert (
        1,
        f"Error: There is no database absent in {PROJECT}: correct --database or --project.\n",
    ) == (
        result.exit_code,
        result.stderr,
    )


def test_a_point_in_time_is_cloned(rehearsal: Drill) -> None:
    result = rehearsal.held("--at", "2026-01-31T13:30+01:00")
    assert 0 == result.exit_code
    [body] = [call.body for call in rehearsal.firestore.server.calls if call.path.endswith(":clone")]
    live = f"projects/{PROJECT}/databases/{rehearsal.firestore.live}"
    assert {"database": live, "snapshotTime": "2026-01-31T12:30:00Z"} == body["pitrSnapshot"]
    assert rehearsal.firestore.is_as_before()


@pytest.mark.parametrize("at", ["2026-01-25T11:59Z", "2026-01-31T14:00Z", "2027-01-01T00:00Z"])
def test_a_time_that_the_database_cannot_go_back_to_is_refused(rehearsal: Drill, at: str) -> None:
    result = rehearsal.held("--at", at)
    assert 1 == result.exit_code
    assert "can be restored to the whole minutes from 2026-01-25T12:00:00Z until now" in result.stderr
    assert [] == rehearsal.firestore.server.asked("POST")


@pytest.mark.parametrize(
    ("code", "status"), [(403, "PERMISSION_DENIED"), (409, "ALREADY_EXISTS"), (400, "INVALID_ARGUMENT")]
)
def test_a_restore_that_google_refuses_deletes_nothing(rehearsal: Drill, code: int, status: str) -> None:
    rehearsal.firestore.begin = refusal(code, status, "It cannot be.")
    result = rehearsal.held()
    assert (1, "Error: firestore.googleapis.com rejected the request: It cannot be.\n") == (
        result.exit_code,
        result.stderr.splitlines(keepends=True)[-1],
    )
    assert [] == rehearsal.firestore.server.asked("DELETE")


def test_a_database_that_somebody_else_has_made_under_the_name_is_not_deleted(rehearsal: Drill) -> None:
    def taken(name: str) -> Json:
        rehearsal.firestore.make(name)
        return refusal(409, "ALREADY_EXISTS", "Database already exists.")

    rehearsal.firestore.begin = taken
    assert 1 == rehearsal.held().exit_code
    assert [] == rehearsal.firestore.deleted


def test_a_restore_that_fails_is_told_and_its_database_deleted(rehearsal: Drill) -> None:
    rehearsal.firestore.outcome = {"done": True, "error": {"code": 13, "message": "The backup is damaged"}}
    result = rehearsal.held()
    assert 1 == result.exit_code
    assert "Error: The operation at Google failed: The backup is damaged." in result.stderr
    assert 1 == len(rehearsal.firestore.deleted)
    assert rehearsal.firestore.is_as_before()


def test_a_call_without_a_good_answer_that_made_a_database_all_the_same_leaves_none(rehearsal: Drill) -> None:
    def made_but_not_said(name: str) -> Json:
        rehearsal.firestore.make(name)
        return refusal(503, "UNAVAILABLE", "Try again.")

    rehearsal.firestore.begin = made_but_not_said
    assert 1 == rehearsal.held().exit_code
    assert 1 == len(rehearsal.firestore.deleted)
    assert rehearsal.firestore.is_as_before()


def test_a_call_without_a_good_answer_is_not_repeated_and_what_never_came_is_not_waited_for_long(
    rehearsal: Drill,
) -> None:
    rehearsal.firestore.begin = refusal(503, "UNAVAILABLE", "Try again.")
    result = rehearsal.held()
    assert "rejected the request: Try again." in result.stderr
    assert 1 == len(rehearsal.firestore.server.asked("POST"))
    assert rehearsal.firestore.is_as_before()


def test_ctrl_c_while_it_restores_cancels_and_waits_until_the_database_is_gone(rehearsal: Drill) -> None:
    rehearsal.pausing(once(interrupts))
    rehearsal.firestore.busy = 3
    assert 1 == rehearsal.held().exit_code
    assert rehearsal.firestore.cancelled == rehearsal.firestore.deleted
    assert 1 == len(rehearsal.firestore.deleted)
    assert rehearsal.firestore.is_as_before()


def test_ctrl_c_while_it_compares_leaves_nothing_over(rehearsal: Drill) -> None:
    def interrupted(name: str) -> Database:
        if "-drill-" in name:
            raise KeyboardInterrupt
        return rehearsal.reader(name)

    rehearsal.dependencies = replace(rehearsal.dependencies, reader=lambda _: interrupted)
    assert 1 == rehearsal.held().exit_code
    assert 1 == len(rehearsal.firestore.deleted)
    assert rehearsal.firestore.is_as_before()


def test_a_signal_to_stop_is_taken_as_ctrl_c_is(rehearsal: Drill) -> None:
    before = signal.getsignal(signal.SIGTERM)
    rehearsal.pausing(once(lambda _: os.kill(os.getpid(), signal.SIGTERM)))
    assert 1 == rehearsal.held().exit_code
    assert 1 == len(rehearsal.firestore.deleted)
    assert rehearsal.firestore.is_as_before()
    assert before is signal.getsignal(signal.SIGTERM)


def test_a_second_ctrl_c_names_what_may_be_left_and_how_to_delete_it(rehearsal: Drill) -> None:
    rehearsal.pausing(interrupts)
    rehearsal.firestore.busy = 1
    result = rehearsal.held()
    [left] = [name for name in rehearsal.firestore.existing if "-drill-" in name]
    assert 1 == result.exit_code
    assert (
        "Error: The drill's database may still exist and be billed (interrupted). Delete it: gcloud firestore "
        f"databases delete --database={left.rpartition('/')[2]} --project={PROJECT}\n"
    ) == result.stderr.splitlines(keepends=True)[-1]


def test_a_deletion_that_google_refuses_fails_a_good_drill(rehearsal: Drill) -> None:
    def made(name: str) -> Json:
        rehearsal.firestore.make(name)
        denied = refusal(403, "PERMISSION_DENIED", "You may not delete.")
        rehearsal.firestore.server.answers["DELETE", f"firestore/v1/{name}"] = denied
        return {"name": f"{name}/operations/1"}

    rehearsal.firestore.begin = made
    result = rehearsal.held()
    assert (1, "") == (result.exit_code, result.stdout)
    assert (
        "may still exist and be billed (firestore.googleapis.com rejected the request: You may not delete.)"
        in result.stderr
    )


def test_a_copy_that_comes_protected_is_deleted_all_the_same(rehearsal: Drill) -> None:
    rehearsal.firestore.protects = True
    assert 0 == rehearsal.held().exit_code
    assert 1 == len(rehearsal.firestore.deleted)
    [change] = [call for call in rehearsal.firestore.server.calls if call.method == "PATCH"]
    assert "-drill-" in change.path
    assert rehearsal.firestore.is_as_before()


def test_databases_that_cannot_be_read_fail_the_drill_and_leave_nothing_over(rehearsal: Drill) -> None:
    reader = rehearsal.reader
    rehearsal.dependencies = replace(
        rehearsal.dependencies, reader=lambda _: lambda _name: replace(reader("x"), name="no-name")
    )
    result = rehearsal.held()
    assert (1, "") == (result.exit_code, result.stdout)
    assert "Error: The databases cannot be compared: " in result.stderr
    assert rehearsal.firestore.is_as_before()


def test_the_rule_by_which_firestore_deletes_old_records_is_taken_from_the_live_database(rehearsal: Drill) -> None:
    rule = {"ttlConfig": {"state": "ACTIVE", "expirationOffset": "3600s"}}
    name = f"projects/{PROJECT}/databases/{rehearsal.firestore.live}/collectionGroups/records/fields/createdAt"
    rehearsal.firestore.fields.append({"name": name} | rule)
    fill = rehearsal.firestore.fill

    def with_one_more(name: str) -> None:
        fill(name)
        rehearsal.write(name, {(ADA, uuid4().hex): stored(0)})

    rehearsal.firestore.fill = with_one_more
    assert 0 == rehearsal.held().exit_code


def test_pulumi_tells_the_project_and_the_database_of_a_stack(rehearsal: Drill) -> None:
    outputs = json.dumps({"project": PROJECT, "database": rehearsal.firestore.live})
    program = rehearsal.folder / "pulumi"
    program.write_text(f"#!/bin/sh\necho \"$*\" > {rehearsal.folder}/asked\necho '{outputs}'\n")
    program.chmod(0o755)
    assert 0 == rehearsal.held("--stack", "dev", named=False).exit_code
    assert "--non-interactive stack output --json --stack dev\n" == (rehearsal.folder / "asked").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Error: Name the database: give --stack, or both --project and --database.\n"),
        (["--stack", "dev"], "Error: Pulumi is not installed: curl -fsSL https://get.pulumi.com | sh\n"),
    ],
)
def test_what_is_not_said_is_asked_for(rehearsal: Drill, arguments: list[str], said: str) -> None:
    result = rehearsal.held(*arguments, named=False)
    assert (1, said) == (result.exit_code, result.stderr)


def test_a_stack_that_is_not_deployed_is_told(rehearsal: Drill) -> None:
    program = rehearsal.folder / "pulumi"
    program.write_text("#!/bin/sh\necho '{}'\n")
    program.chmod(0o755)
    result = rehearsal.held("--stack", "dev", named=False)
    assert (
        "Error: The stack dev has no output project and database: deploy it with `pulumi up --stack dev`"
        in result.stderr
    )


@pytest.mark.parametrize("at", ["2026-01-31T12:00", "2026-01-31T12:00:01Z", "noon"])
def test_a_time_that_is_no_whole_minute_with_a_zone_is_a_usage_error(at: str) -> None:
    result = CliRunner().invoke(drill, ["restore", "--at", at])
    assert 2 == result.exit_code
    assert "give a whole minute with its time zone" in result.stderr


def test_the_new_databases_name_is_one_that_google_takes_whatever_the_live_ones_is() -> None:
    for live in ("data-api-prod", "x" * 63, "a" * 38 + "-" + "b" * 24):
        new_id = unique_id(live, NOON)
        assert len(new_id) <= 63
        assert new_id[:4] == live[:4]
        assert "--" not in new_id
    assert unique_id("data-api-prod", NOON) != unique_id("data-api-prod", NOON)
