"""What the restore drill reports, and when it fails."""

import json
from dataclasses import replace
from uuid import uuid4

from tests.support.ops.firestore_admin import NOON, PROJECT
from tests.support.ops.restore_drill import ADA, HOUR, RestoreDrill, stored
from tests.support.servers import google_server


def test_a_successful_restore_is_reported_and_its_database_deleted(restore_drill: RestoreDrill) -> None:
    result = restore_drill.run()
    assert (0, "") == (result.exit_code, result.output.partition("Restoring")[0])
    assert [
        "Restored: backup newest",
        "Age of the data: 2 h 00 min (from 2026-01-31T12:00:00Z)",
        "Time to restore: 20 s",
        "Compared: 3 of 3 records of 1 users in 0 s",
        "The backup can be restored: no record is missing, changed or extra.",
    ] == result.stdout.splitlines()
    assert 1 == len(restore_drill.firestore.deleted)
    assert restore_drill.firestore.is_as_before()


def test_the_report_as_json_has_the_numbers(restore_drill: RestoreDrill) -> None:
    result = restore_drill.run("--json")
    assert {
        "ok": True,
        "database": restore_drill.firestore.live,
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


def test_every_call_has_the_credential(restore_drill: RestoreDrill) -> None:
    restore_drill.run()
    assert {f"Bearer {google_server.TOKEN}"} == {call.authorization for call in restore_drill.firestore.server.calls}


def test_the_newest_backup_that_is_ready_is_taken(restore_drill: RestoreDrill) -> None:
    restore_drill.firestore.backup("older", NOON - HOUR)
    restore_drill.firestore.backup("unfinished", NOON + HOUR, state="CREATING")
    restore_drill.firestore.backup("of-another", NOON + HOUR, databaseUid="uid-of-another")
    assert "Restored: backup newest" in restore_drill.run().stdout
    [call] = [call for call in restore_drill.firestore.server.calls if call.path.endswith("/backups")]
    assert {"filter": [f'database_uid="uid-of-{restore_drill.firestore.live}"']} == call.parameters


def test_a_record_that_is_missing_changed_or_extra_fails_the_drill(restore_drill: RestoreDrill) -> None:
    ids = sorted(uuid4().hex for _ in range(3))
    live = f"projects/{PROJECT}/databases/{restore_drill.firestore.live}"
    restore_drill.write(live, {(ADA, ids[0]): stored(7), (ADA, ids[1]): stored(8)})
    fill = restore_drill.firestore.fill

    def fill_differently(name: str) -> None:
        fill(name)
        restore_drill.write(name, {(ADA, ids[1]): stored(9), (ADA, ids[2]): stored(10)})

    restore_drill.firestore.fill = fill_differently
    result = restore_drill.run()
    assert 1 == result.exit_code
    assert [
        f"  missing: users/{ADA}/records/{ids[0]}",
        f"  changed: users/{ADA}/records/{ids[1]}",
        f"  extra: users/{ADA}/records/{ids[2]}",
        "The restored database differs from the live one in 3 records.",
    ] == result.stdout.splitlines()[-4:]
    assert restore_drill.firestore.is_as_before()


def test_two_databases_without_records_fail_the_drill(restore_drill: RestoreDrill) -> None:
    restore_drill.firestore.live = f"empty-{uuid4().hex[:8]}"
    restore_drill.firestore.__post_init__()
    restore_drill.firestore.backups[0]["databaseUid"] = f"uid-of-{restore_drill.firestore.live}"
    restore_drill.firestore.fill = lambda _: None
    result = restore_drill.run()
    assert 1 == result.exit_code
    assert result.stdout.endswith("so the drill tested nothing.\n")


def test_without_a_backup_no_database_is_created(restore_drill: RestoreDrill) -> None:
    restore_drill.firestore.backups.clear()
    result = restore_drill.run()
    assert 1 == result.exit_code
    assert "There is no backup of" in result.stderr
    assert [] == restore_drill.firestore.server.paths("POST")


def test_an_unknown_live_database_is_reported(restore_drill: RestoreDrill) -> None:
    restore_drill.firestore.live = "absent"
    result = restore_drill.run()
    assert (
        1,
        f"Error: There is no database absent in {PROJECT}: correct --database or --project.\n",
    ) == (
        result.exit_code,
        result.stderr,
    )


def test_databases_that_cannot_be_read_fail_the_drill_and_the_copy_is_deleted(restore_drill: RestoreDrill) -> None:
    reader = restore_drill.reader
    restore_drill.dependencies = replace(
        restore_drill.dependencies, reader=lambda _: lambda _name: replace(reader("x"), name="no-name")
    )
    result = restore_drill.run()
    assert (1, "") == (result.exit_code, result.stdout)
    assert "Error: The databases cannot be compared: " in result.stderr
    assert restore_drill.firestore.is_as_before()


def test_the_ttl_of_the_live_database_is_used_in_the_comparison(
    restore_drill: RestoreDrill,
) -> None:
    rule = {"ttlConfig": {"state": "ACTIVE", "expirationOffset": "3600s"}}
    name = f"projects/{PROJECT}/databases/{restore_drill.firestore.live}/collectionGroups/records/fields/createdAt"
    restore_drill.firestore.fields.append({"name": name} | rule)
    fill = restore_drill.firestore.fill

    def fill_with_one_more(name: str) -> None:
        fill(name)
        restore_drill.write(name, {(ADA, uuid4().hex): stored(0)})

    restore_drill.firestore.fill = fill_with_one_more
    assert 0 == restore_drill.run().exit_code
