"""The differences that the comparison finds between two databases of the Firestore emulator."""

import pytest

from data_api.ops.drill.comparison import Difference, Tally
from tests.support.ops.database_pair import ADA, EVE, MINUTE, NOON, OPTIONS, DatabasePair, Json, new_id
from tests.support.servers import emulated_records


def test_equal_databases_have_no_difference_and_every_record_is_read(pair: DatabasePair) -> None:
    pair.store_many(ADA, 3)
    pair.store_many(EVE, 2)
    assert Tally(users=2, counted=5, read=5) == pair.compared()


def test_a_record_that_was_not_restored_is_missing(pair: DatabasePair) -> None:
    lost = pair.store_many(ADA, 3)[1]
    pair.lose(ADA, lost)
    result = pair.compared()
    assert (1, [Difference("missing", ADA, lost)]) == (result.different, result.differences)


def test_the_records_of_a_user_who_was_not_restored_are_missing(pair: DatabasePair) -> None:
    pair.store_many(ADA, 1)
    pair.store(EVE, only := new_id(), only=pair.live)
    assert [Difference("missing", EVE, only)] == pair.compared().differences


def test_a_record_that_is_only_in_the_copy_is_extra(pair: DatabasePair) -> None:
    pair.store_many(ADA, 2)
    pair.store(ADA, added := new_id(), only=pair.restored)
    assert [Difference("extra", ADA, added)] == pair.compared().differences


def test_a_user_who_is_only_in_the_copy_is_extra(pair: DatabasePair) -> None:
    pair.store(EVE, added := new_id(), only=pair.restored)
    assert [Difference("extra", EVE, added)] == pair.compared().differences


@pytest.mark.parametrize(
    ("original", "copy"),
    [({"a": "one"}, {"a": "two"}), ({"a": 1}, {"a": 1.0}), ({"a": None}, {}), ({"a": 1}, {"b": 1})],
    ids=["value", "type", "absence", "name"],
)
def test_a_record_with_other_content_has_changed(pair: DatabasePair, original: Json, copy: Json) -> None:
    pair.store(ADA, changed := new_id(), data=original, only=pair.live)
    pair.store(ADA, changed, data=copy, only=pair.restored)
    assert [Difference("changed", ADA, changed)] == pair.compared().differences


@pytest.mark.parametrize("field", ["created", "persisted"])
def test_a_record_with_another_time_has_changed(pair: DatabasePair, field: str) -> None:
    pair.store(ADA, changed := new_id(), only=pair.live)
    pair.store(ADA, changed, only=pair.restored, **{field: NOON - 61 * MINUTE})
    assert [Difference("changed", ADA, changed)] == pair.compared().differences


@pytest.mark.parametrize(("minutes", "kinds"), [(1, []), (-1, ["changed"])])
def test_a_record_that_its_owner_has_deleted_since_the_snapshot_is_no_difference(
    pair: DatabasePair, minutes: int, kinds: list[str]
) -> None:
    pair.store(ADA, deleted := new_id(), only=pair.restored)
    moment = OPTIONS.snapshot + minutes * MINUTE
    emulated_records.write(pair.live, {(ADA, deleted): {"changedAt": moment, "deletedAt": moment}})
    assert kinds == [difference.kind for difference in pair.compared().differences]


def test_another_order_of_fields_is_no_change(pair: DatabasePair) -> None:
    names = [f"name{number}" for number in range(20)]
    pair.store(ADA, same := new_id(), data=dict.fromkeys(names, 1), only=pair.live)
    pair.store(ADA, same, data=dict.fromkeys(reversed(names), 1), only=pair.restored)
    assert (1, 0) == (pair.compared().read, pair.compared().different)
