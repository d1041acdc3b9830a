"""How much the comparison reads: samples, pages, and the progress that it reports."""

from dataclasses import replace

import pytest

from data_api.ops.drill import comparison, documents
from data_api.ops.drill.comparison import Difference, compare
from tests.support.ops.database_pair import ADA, EVE, OPTIONS, DatabasePair, new_id


def test_many_records_are_all_counted_and_a_sample_is_read(pair: DatabasePair) -> None:
    pair.store_many(ADA, 400)
    result = pair.compared(replace(OPTIONS, sample=40))
    assert (400, 1, 0) == (result.counted, result.sampled, result.different)
    assert 5 < result.read < 120  # about 40: how many ids lie in a slice varies


def test_if_the_counts_differ_every_record_is_read(pair: DatabasePair) -> None:
    lost = pair.store_many(ADA, 400)[7]
    pair.lose(ADA, lost)
    result = pair.compared(replace(OPTIONS, sample=10))
    assert (399, 0, [Difference("missing", ADA, lost)]) == (result.read, result.sampled, result.differences)


def test_a_sample_shows_the_differences_in_its_slice(pair: DatabasePair) -> None:
    """One record is missing and one is extra, so the counts are equal."""
    ids = pair.store_many(ADA, 4)
    pair.lose(ADA, ids[0])
    pair.store(ADA, "f" * 32, only=pair.restored)
    live, restored = (
        list(documents.records(database, ADA, documents.Slice(end=ids[1]))) for database in (pair.live, pair.restored)
    )
    assert [("missing", ids[0])] == list(comparison.differences(iter(live), restored, OPTIONS))
    live, restored = (
        list(documents.records(database, ADA, documents.Slice(ids[3]))) for database in (pair.live, pair.restored)
    )
    assert [("extra", "f" * 32)] == list(comparison.differences(iter(live), restored, OPTIONS))


def test_records_are_read_page_by_page_and_none_twice(pair: DatabasePair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_PAGE_OF_DOCUMENTS", 2)
    ids = pair.store_many(ADA, 5)
    assert ids == [record.id for record in documents.records(pair.live, ADA, documents.Slice())]
    assert ids[1:4] == [record.id for record in documents.records(pair.live, ADA, documents.Slice(ids[1], ids[4]))]


def test_users_are_read_page_by_page_and_none_is_left_out(pair: DatabasePair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_PAGE_OF_USERS", 2)
    users = sorted(f"user{number}@" for number in range(5))
    for user in users:
        pair.store(user, new_id())
    assert users == sorted(documents.users(pair.live))


def test_many_differences_are_all_counted_and_few_are_named(pair: DatabasePair) -> None:
    for lost in pair.store_many(ADA, 30):
        pair.lose(ADA, lost)
    result = pair.compared()
    assert (30, comparison.MAX_LISTED) == (result.different, len(result.differences))


def test_the_progress_ends_at_the_number_of_users(pair: DatabasePair) -> None:
    pair.store_many(ADA, 1)
    pair.store_many(EVE, 1)
    progress: list[tuple[int, int]] = []
    compare(pair.live, pair.restored, OPTIONS, lambda done, users: progress.append((done, users)))
    assert [(1, 2), (2, 2)] == progress
