"""The temporary database is deleted whatever ends the drill."""

import os
import signal
from collections.abc import Callable
from dataclasses import replace

from data_api.ops.drill.documents import Database
from data_api.ops.drill.temporary_database import unique_id
from tests.support.ops.firestore_admin import NOON, PROJECT, Json
from tests.support.ops.restore_drill import RestoreDrill
from tests.support.servers.google_server import refusal


def once(pause: Callable[[float], None]) -> Callable[[float], None]:
    """Pauses like this the first time, and then not at all."""
    left = [pause]
    return lambda seconds: left.pop()(seconds) if left else None


def interrupt(_seconds: float) -> None:
    raise KeyboardInterrupt


def test_ctrl_c_while_it_restores_cancels_and_waits_until_the_database_is_gone(restore_drill: RestoreDrill) -> None:
    restore_drill.set_pause(once(interrupt))
    restore_drill.firestore.busy = 3
    assert 1 == restore_drill.run().exit_code
    assert restore_drill.firestore.cancelled == restore_drill.firestore.deleted
    assert 1 == len(restore_drill.firestore.deleted)
    assert restore_drill.firestore.is_as_before()


def test_ctrl_c_while_it_compares_deletes_the_database(restore_drill: RestoreDrill) -> None:
    def interrupted(name: str) -> Database:
        if "-drill-" in name:
            raise KeyboardInterrupt
        return restore_drill.reader(name)

    restore_drill.dependencies = replace(restore_drill.dependencies, reader=lambda _: interrupted)
    assert 1 == restore_drill.run().exit_code
    assert 1 == len(restore_drill.firestore.deleted)
    assert restore_drill.firestore.is_as_before()


def test_sigterm_has_the_effect_of_ctrl_c(restore_drill: RestoreDrill) -> None:
    before = signal.getsignal(signal.SIGTERM)
    restore_drill.set_pause(once(lambda _: os.kill(os.getpid(), signal.SIGTERM)))
    assert 1 == restore_drill.run().exit_code
    assert 1 == len(restore_drill.firestore.deleted)
    assert restore_drill.firestore.is_as_before()
    assert before is signal.getsignal(signal.SIGTERM)


def test_after_a_second_ctrl_c_the_error_names_the_database_and_how_to_delete_it(restore_drill: RestoreDrill) -> None:
    restore_drill.set_pause(interrupt)
    restore_drill.firestore.busy = 1
    result = restore_drill.run()
    [left] = [name for name in restore_drill.firestore.existing if "-drill-" in name]
    assert 1 == result.exit_code
    assert (
        "Error: The drill's database may still exist and be billed (interrupted). Delete it: gcloud firestore "
        f"databases delete --database={left.rpartition('/')[2]} --project={PROJECT}\n"
    ) == result.stderr.splitlines(keepends=True)[-1]


def test_a_rejected_deletion_fails_the_drill(restore_drill: RestoreDrill) -> None:
    def create_undeletable(name: str) -> Json:
        restore_drill.firestore.create(name)
        denied = refusal(403, "PERMISSION_DENIED", "You may not delete.")
        restore_drill.firestore.server.answers["DELETE", f"firestore/v1/{name}"] = denied
        return {"name": f"{name}/operations/1"}

    restore_drill.firestore.start_answer = create_undeletable
    result = restore_drill.run()
    assert (1, "") == (result.exit_code, result.stdout)
    assert (
        "may still exist and be billed (firestore.googleapis.com rejected the request: You may not delete.)"
        in result.stderr
    )


def test_a_copy_with_deletion_protection_is_deleted_too(restore_drill: RestoreDrill) -> None:
    restore_drill.firestore.protects = True
    assert 0 == restore_drill.run().exit_code
    assert 1 == len(restore_drill.firestore.deleted)
    [change] = [call for call in restore_drill.firestore.server.calls if call.method == "PATCH"]
    assert "-drill-" in change.path
    assert restore_drill.firestore.is_as_before()


def test_the_name_of_the_temporary_database_is_valid_for_any_live_name() -> None:
    for live in ("data-api-prod", "x" * 63, "a" * 38 + "-" + "b" * 24):
        new_id = unique_id(live, NOON)
        assert len(new_id) <= 63
        assert new_id[:4] == live[:4]
        assert "--" not in new_id
    assert unique_id("data-api-prod", NOON) != unique_id("data-api-prod", NOON)
