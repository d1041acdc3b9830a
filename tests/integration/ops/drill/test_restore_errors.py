"""A restore that Google rejects or that fails: its database is deleted, no other one is."""

import pytest

from tests.support.ops.firestore_admin import Json
from tests.support.ops.restore_drill import RestoreDrill
from tests.support.servers.google_server import refusal


@pytest.mark.parametrize(
    ("code", "status", "exit_code"),
    [(403, "PERMISSION_DENIED", 4), (409, "ALREADY_EXISTS", 1), (400, "INVALID_ARGUMENT", 1)],
)
def test_a_restore_that_google_rejects_deletes_nothing(
    restore_drill: RestoreDrill, code: int, status: str, exit_code: int
) -> None:
    restore_drill.firestore.start_answer = refusal(code, status, "It cannot be.")
    result = restore_drill.run()
    assert (exit_code, "Error: firestore.googleapis.com rejected the request: It cannot be.\n") == (
        result.exit_code,
        result.stderr.splitlines(keepends=True)[-1],
    )
    assert [] == restore_drill.firestore.server.paths("DELETE")


def test_a_database_of_another_creator_with_this_name_is_not_deleted(restore_drill: RestoreDrill) -> None:
    def create_and_refuse(name: str) -> Json:
        restore_drill.firestore.create(name)
        return refusal(409, "ALREADY_EXISTS", "Database already exists.")

    restore_drill.firestore.start_answer = create_and_refuse
    assert 1 == restore_drill.run().exit_code
    assert [] == restore_drill.firestore.deleted


def test_a_failed_restore_is_reported_and_its_database_deleted(restore_drill: RestoreDrill) -> None:
    restore_drill.firestore.outcome = {"done": True, "error": {"code": 13, "message": "The backup is damaged"}}
    result = restore_drill.run()
    assert 1 == result.exit_code
    assert "Error: The operation at Google failed: The backup is damaged." in result.stderr
    assert 1 == len(restore_drill.firestore.deleted)
    assert restore_drill.firestore.is_as_before()


def test_a_database_that_was_created_in_spite_of_an_error_is_deleted(
    restore_drill: RestoreDrill,
) -> None:
    def create_and_fail(name: str) -> Json:
        restore_drill.firestore.create(name)
        return refusal(503, "UNAVAILABLE", "Try again.")

    restore_drill.firestore.start_answer = create_and_fail
    assert 8 == restore_drill.run().exit_code
    assert 1 == len(restore_drill.firestore.deleted)
    assert restore_drill.firestore.is_as_before()


def test_a_failed_call_to_restore_is_not_repeated(
    restore_drill: RestoreDrill,
) -> None:
    restore_drill.firestore.start_answer = refusal(503, "UNAVAILABLE", "Try again.")
    result = restore_drill.run()
    assert "rejected the request: Try again." in result.stderr
    assert 1 == len(restore_drill.firestore.server.paths("POST"))
    assert restore_drill.firestore.is_as_before()
