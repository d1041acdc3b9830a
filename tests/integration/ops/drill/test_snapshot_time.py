"""The comparison of records around the time of the snapshot, which may differ without a loss."""

from dataclasses import replace
from datetime import timedelta

from data_api.ops.drill import comparison
from data_api.ops.drill.comparison import Difference, Expiry, Tally
from tests.support.ops.database_pair import ADA, EVE, MINUTE, NOON, OPTIONS, DatabasePair, new_id
from tests.support.servers import emulated_records


def test_a_record_stored_after_the_snapshot_is_not_missing(pair: DatabasePair) -> None:
    pair.store_many(ADA, 2)
    pair.store(ADA, new_id(), created=NOON + MINUTE, only=pair.live)
    pair.store(EVE, new_id(), created=NOON + MINUTE, only=pair.live)
    assert Tally(users=2, counted=2, read=2) == pair.compared()


def test_a_record_created_before_the_snapshot_and_stored_after_it_is_not_missing(pair: DatabasePair) -> None:
    """It waited in the queue, or was replayed from the dead letters."""
    pair.store_many(ADA, 2)
    pair.store(ADA, new_id(), created=NOON - MINUTE, persisted=NOON + MINUTE, only=pair.live)
    assert Tally(users=1, counted=2, read=2) == pair.compared()


def test_a_record_in_flight_at_the_snapshot_may_be_in_the_copy_or_not(pair: DatabasePair) -> None:
    moment = NOON - comparison.WRITE_TIMEOUT / 2
    pair.store(ADA, new_id(), created=moment, only=pair.live)
    pair.store(ADA, new_id(), created=moment)
    assert Tally(users=1, counted=1, read=1) == pair.compared()


def test_a_record_in_flight_at_the_snapshot_is_compared_if_it_is_in_the_copy(pair: DatabasePair) -> None:
    moment = NOON - comparison.WRITE_TIMEOUT / 2
    pair.store(ADA, changed := new_id(), created=moment, only=pair.live)
    pair.store(ADA, changed, created=moment, data={"a": 1}, only=pair.restored)
    assert [Difference("changed", ADA, changed)] == pair.compared().differences


def test_a_record_without_a_time_of_storage_is_missing_too(pair: DatabasePair) -> None:
    emulated_records.write(pair.live, {(ADA, lost := new_id()): {}})
    assert [Difference("missing", ADA, lost)] == pair.compared().differences


def test_a_record_that_firestore_has_deleted_since_by_its_ttl_is_not_extra(pair: DatabasePair) -> None:
    terms = replace(OPTIONS, expiry=Expiry("createdAt", timedelta(days=1)))
    pair.store(ADA, new_id(), created=NOON - timedelta(days=2), only=pair.restored)
    pair.store(ADA, remaining := new_id(), created=NOON - timedelta(hours=2), only=pair.restored)
    assert [Difference("extra", ADA, remaining)] == pair.compared(terms).differences
