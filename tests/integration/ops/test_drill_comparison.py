"""The comparing part of the restore drill, between two databases of the official Firestore emulator."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from data_api.ops.drill import comparison, documents
from data_api.ops.drill.comparison import ComparisonOptions, Difference, Expiry, Tally, compare
from data_api.ops.drill.documents import Database
from tests.support.functions.adapters import Emulator
from tests.support.servers import emulated_records

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OPTIONS = ComparisonOptions(snapshot=NOON, now=NOON + 60 * MINUTE, sample=1_000)
ADA, EVE = "ada@accounts.google.com", "%2Feve%25@securetoken.google.com%2Fproject"

Json = Any


@dataclass(frozen=True)
class Pair:
    """The live database and the one restored of it."""

    live: Database
    restored: Database

    def keep(self, user: str, record: str, *, only: Database | None = None, **other: Any) -> None:  # noqa: ANN401 - of a record
        for database in [only] if only else [self.live, self.restored]:
            emulated_records.write(database, {(user, record): stored(**other)})

    def keep_many(self, user: str, count: int) -> list[str]:
        ids = sorted(uuid4().hex for _ in range(count))
        for database in (self.live, self.restored):
            emulated_records.write(database, {(user, id_): stored() for id_ in ids})
        return ids

    def lose(self, user: str, record: str) -> None:
        emulated_records.delete(self.restored, user, record)

    def compared(self, options: ComparisonOptions = OPTIONS) -> Tally:
        return compare(self.live, self.restored, options, lambda _done, _users: None)


def stored(created: datetime = NOON - 60 * MINUTE, persisted: datetime | None = None, data: Json = None) -> Json:
    """A record's fields."""
    return {"createdAt": created, "persistedAt": persisted or created, "data": data or {}}


@pytest.fixture
def pair(firestore: Emulator) -> Iterator[Pair]:
    name = uuid4().hex[:8]
    with emulated_records.databases(firestore) as reader:
        yield Pair(*(reader(f"projects/drill/databases/{kind}-{name}") for kind in ("live", "new")))


def record() -> str:
    return uuid4().hex


def test_equal_databases_have_no_difference_and_everything_was_read(pair: Pair) -> None:
    pair.keep_many(ADA, 3)
    pair.keep_many(EVE, 2)
    assert Tally(users=2, counted=5, read=5) == pair.compared()


def test_a_record_that_was_not_restored_is_missing(pair: Pair) -> None:
    lost = pair.keep_many(ADA, 3)[1]
    pair.lose(ADA, lost)
    result = pair.compared()
    assert (1, [Difference("missing", ADA, lost)]) == (result.different, result.differences)


def test_a_user_of_whom_nothing_was_restored_is_missed(pair: Pair) -> None:
    pair.keep_many(ADA, 1)
    pair.keep(EVE, only := record(), only=pair.live)
    assert [Difference("missing", EVE, only)] == pair.compared().differences


def test_a_record_that_is_only_in_the_copy_is_extra(pair: Pair) -> None:
    pair.keep_many(ADA, 2)
    pair.keep(ADA, added := record(), only=pair.restored)
    assert [Difference("extra", ADA, added)] == pair.compared().differences


def test_a_user_who_is_only_in_the_copy_is_extra(pair: Pair) -> None:
    pair.keep(EVE, added := record(), only=pair.restored)
    assert [Difference("extra", EVE, added)] == pair.compared().differences


@pytest.mark.parametrize(
    ("original", "copy"),
    [({"a": "one"}, {"a": "two"}), ({"a": 1}, {"a": 1.0}), ({"a": None}, {}), ({"a": 1}, {"b": 1})],
    ids=["value", "type", "absence", "name"],
)
def test_a_record_with_other_content_has_changed(pair: Pair, original: Json, copy: Json) -> None:
    pair.keep(ADA, changed := record(), data=original, only=pair.live)
    pair.keep(ADA, changed, data=copy, only=pair.restored)
    assert [Difference("changed", ADA, changed)] == pair.compared().differences


@pytest.mark.parametrize("field", ["created", "persisted"])
def test_a_record_with_another_time_has_changed(pair: Pair, field: str) -> None:
    pair.keep(ADA, changed := record(), only=pair.live)
    pair.keep(ADA, changed, only=pair.restored, **{field: NOON - 61 * MINUTE})
    assert [Difference("changed", ADA, changed)] == pair.compared().differences


def test_the_order_of_names_is_no_change(pair: Pair) -> None:
    names = [f"name{number}" for number in range(20)]
    pair.keep(ADA, same := record(), data=dict.fromkeys(names, 1), only=pair.live)
    pair.keep(ADA, same, data=dict.fromkeys(reversed(names), 1), only=pair.restored)
    assert (1, 0) == (pair.compared().read, pair.compared().different)


def test_what_was_stored_after_the_snapshot_is_not_missed(pair: Pair) -> None:
    pair.keep_many(ADA, 2)
    pair.keep(ADA, record(), created=NOON + MINUTE, only=pair.live)
    pair.keep(EVE, record(), created=NOON + MINUTE, only=pair.live)
    assert Tally(users=2, counted=2, read=2) == pair.compared()


def test_what_was_created_before_the_snapshot_and_stored_after_it_is_not_missed(pair: Pair) -> None:
    """As a record is that waited in the queue, or was replayed from the dead letters."""
    pair.keep_many(ADA, 2)
    pair.keep(ADA, record(), created=NOON - MINUTE, persisted=NOON + MINUTE, only=pair.live)
    assert Tally(users=1, counted=2, read=2) == pair.compared()


def test_what_was_being_stored_at_the_snapshot_may_be_in_the_copy_or_not(pair: Pair) -> None:
    moment = NOON - comparison.WRITE_TIMEOUT / 2
    pair.keep(ADA, record(), created=moment, only=pair.live)
    pair.keep(ADA, record(), created=moment)
    assert Tally(users=1, counted=1, read=1) == pair.compared()


def test_what_was_being_stored_at_the_snapshot_is_compared_if_it_is_in_the_copy(pair: Pair) -> None:
    moment = NOON - comparison.WRITE_TIMEOUT / 2
    pair.keep(ADA, changed := record(), created=moment, only=pair.live)
    pair.keep(ADA, changed, created=moment, data={"a": 1}, only=pair.restored)
    assert [Difference("changed", ADA, changed)] == pair.compared().differences


def test_a_record_without_the_time_of_its_storing_is_missed_all_the_same(pair: Pair) -> None:
    emulated_records.write(pair.live, {(ADA, lost := record()): {}})
    assert [Difference("missing", ADA, lost)] == pair.compared().differences


def test_what_firestore_has_deleted_since_by_rule_is_not_extra(pair: Pair) -> None:
    options = replace(OPTIONS, expiry=Expiry("createdAt", timedelta(days=1)))
    pair.keep(ADA, record(), created=NOON - timedelta(days=2), only=pair.restored)
    pair.keep(ADA, kept := record(), created=NOON - timedelta(hours=2), only=pair.restored)
    assert [Difference("extra", ADA, kept)] == pair.compared(options).differences


def test_of_many_records_a_sample_is_read_and_all_are_counted(pair: Pair) -> None:
    pair.keep_many(ADA, 400)
    result = pair.compared(replace(OPTIONS, sample=40))
    assert (400, 1, 0) == (result.counted, result.sampled, result.different)
    assert 5 < result.read < 120  # about 40: how many ids lie in a slice varies


def test_where_the_numbers_differ_everything_is_read(pair: Pair) -> None:
    lost = pair.keep_many(ADA, 400)[7]
    pair.lose(ADA, lost)
    result = pair.compared(replace(OPTIONS, sample=10))
    assert (399, 0, [Difference("missing", ADA, lost)]) == (result.read, result.sampled, result.differences)


def test_a_sample_shows_what_is_off_in_its_slice(pair: Pair) -> None:
    """One was lost and another came in its place, so that the numbers are equal."""
    ids = pair.keep_many(ADA, 4)
    pair.lose(ADA, ids[0])
    pair.keep(ADA, "f" * 32, only=pair.restored)
    live, restored = (
        list(documents.records(each, ADA, documents.Slice(end=ids[1]))) for each in (pair.live, pair.restored)
    )
    assert [("missing", ids[0])] == list(comparison.differences(iter(live), restored, OPTIONS))
    live, restored = (
        list(documents.records(each, ADA, documents.Slice(ids[3]))) for each in (pair.live, pair.restored)
    )
    assert [("extra", "f" * 32)] == list(comparison.differences(iter(live), restored, OPTIONS))


def test_records_are_read_page_by_page_and_none_twice(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_PAGE_OF_DOCUMENTS", 2)
    ids = pair.keep_many(ADA, 5)
    assert ids == [record.id for record in documents.records(pair.live, ADA, documents.Slice())]
    assert ids[1:4] == [record.id for record in documents.records(pair.live, ADA, documents.Slice(ids[1], ids[4]))]


def test_users_are_read_page_by_page_and_none_is_left_out(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_PAGE_OF_USERS", 2)
    users = sorted(f"user{number}@" for number in range(5))
    for user in users:
        pair.keep(user, record())
    assert users == sorted(documents.users(pair.live))


def test_of_many_differences_few_are_named_and_all_are_counted(pair: Pair) -> None:
    for lost in pair.keep_many(ADA, 30):
        pair.lose(ADA, lost)
    result = pair.compared()
    assert (30, comparison.MAX_LISTED) == (result.different, len(result.differences))


def test_the_progress_ends_at_the_number_of_users(pair: Pair) -> None:
    pair.keep_many(ADA, 1)
    pair.keep_many(EVE, 1)
    heard: list[tuple[int, int]] = []
    compare(pair.live, pair.restored, OPTIONS, lambda done, users: heard.append((done, users)))
    assert [(1, 2), (2, 2)] == heard
