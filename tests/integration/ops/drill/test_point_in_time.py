"""A drill from a point in time (`--at`) instead of a backup."""

import pytest
from click.testing import CliRunner

from data_api.ops.commands import drill
from tests.support.ops.firestore_admin import PROJECT
from tests.support.ops.restore_drill import RestoreDrill


def test_a_point_in_time_is_cloned(restore_drill: RestoreDrill) -> None:
    result = restore_drill.run("--at", "2026-01-31T13:30+01:00")
    assert 0 == result.exit_code
    [body] = [call.body for call in restore_drill.firestore.server.calls if call.path.endswith(":clone")]
    live = f"projects/{PROJECT}/databases/{restore_drill.firestore.live}"
    assert {"database": live, "snapshotTime": "2026-01-31T12:30:00Z"} == body["pitrSnapshot"]
    assert restore_drill.firestore.is_as_before()


@pytest.mark.parametrize("at", ["2026-01-25T11:59Z", "2026-01-31T14:00Z", "2027-01-01T00:00Z"])
def test_a_time_outside_the_recovery_window_is_rejected(restore_drill: RestoreDrill, at: str) -> None:
    result = restore_drill.run("--at", at)
    assert 1 == result.exit_code
    assert "can be restored to the whole minutes from 2026-01-25T12:00:00Z until now" in result.stderr
    assert [] == restore_drill.firestore.server.paths("POST")


@pytest.mark.parametrize("at", ["2026-01-31T12:00", "2026-01-31T12:00:01Z", "noon"])
def test_a_time_without_a_zone_or_with_seconds_is_a_usage_error(at: str) -> None:
    result = CliRunner().invoke(drill, ["restore", "--at", at])
    assert 2 == result.exit_code
    assert "give a whole minute with its time zone" in result.stderr
