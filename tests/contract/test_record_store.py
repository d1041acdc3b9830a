"""Tests how a store saves and gets records: the fake, and the adapter with the official emulator."""

import asyncio
import json
from dataclasses import replace
from datetime import datetime
from functools import reduce
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from dataapi import timestamps
from dataapi.errors import UnstorableRecord
from dataapi.interfaces import RecordStore, Saved
from dataapi.records import firestore_limits
from dataapi.records.pagination import Query
from tests.support.functions.examples import NOON, SECOND, new_user, record_of

E_ACUTE = "\N{LATIN SMALL LETTER E WITH ACUTE}"  # two bytes
SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(max_size=20)
)
DATA = st.dictionaries(
    st.text(max_size=5),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**63 - 1)
        | st.floats(allow_nan=False)
        | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=10,
    ),
    max_size=4,
)


def objects_in_objects(levels: int) -> dict[str, Any]:
    innermost: dict[str, Any] = {"a": 1}
    return reduce(lambda inner, _: {"a": inner}, range(levels - 1), innermost)


def exactly(value: dict[str, Any]) -> str:
    """A text that tells 1 from 1.0 and true, and -0.0 from 0.0."""
    return json.dumps(value, sort_keys=True)


@pytest.mark.parametrize("moment", [NOON, timestamps.EARLIEST, timestamps.LATEST])
async def test_a_record_is_found_as_it_was_saved(store: RecordStore, moment: datetime) -> None:
    record = record_of(new_user(), moment)
    assert Saved(duplicate=False, group_size=1) == await store.save(record)
    assert record == await store.get(record.user_id, record.id)


async def test_a_change_of_a_returned_record_does_not_change_the_stored_one(store: RecordStore) -> None:
    record = record_of(new_user(), data={"list": [1]})
    await store.save(record)
    stored = await store.get(record.user_id, record.id)
    assert stored
    stored.data["list"].append(2)
    [listed] = (await store.list(record.user_id, Query())).records
    assert {"list": [1]} == listed.data


async def test_an_unknown_id_is_none(store: RecordStore) -> None:
    record = record_of(new_user())
    assert await store.get(record.user_id, record.id) is None
    await store.save(record)
    assert await store.get(record.user_id, uuid4().hex) is None


async def test_the_second_save_is_a_duplicate_and_the_first_write_wins(store: RecordStore) -> None:
    first = record_of(new_user())
    await store.save(first)
    second = replace(first, created_at=NOON + SECOND, data={"informationOne": "two"})
    assert Saved(duplicate=True, group_size=1) == await store.save(second)
    assert first == await store.get(first.user_id, first.id)


async def test_a_record_saved_twice_at_once_is_stored_once_and_one_save_is_a_duplicate(store: RecordStore) -> None:
    first = record_of(new_user())
    second = replace(first, data={"informationOne": "two"})
    neighbour = record_of(first.user_id)
    expected = [Saved(duplicate=False, group_size=3), Saved(duplicate=True, group_size=3)]
    saved = await asyncio.gather(store.save(first), store.save(second), store.save(neighbour))
    assert [*expected, Saved(duplicate=False, group_size=3)] == [*saved]
    assert first == await store.get(first.user_id, first.id)
    assert neighbour == await store.get(first.user_id, neighbour.id)


async def test_two_users_may_have_the_same_id(store: RecordStore) -> None:
    one = record_of(new_user())
    other = replace(one, user_id=new_user(), data={"informationOne": "other"})
    saved = await asyncio.gather(store.save(one), store.save(other))
    assert [False, False] == [result.duplicate for result in saved]
    assert one == await store.get(one.user_id, one.id)
    assert other == await store.get(other.user_id, other.id)


# Every example is saved under an id of its own, so one store will do for all of them.
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=DATA)
@example(data={})
@example(data={"array": [], "object": {}, "nothing": None})
@example(data={"zeros": [0, -0.0, 0.0, False], "ones": [1, 1.0, True, "1"]})
@example(
    data={"integers": [2**63 - 1, -(2**63), 2**53 + 1], "doubles": [5e-324, 1.7976931348623157e308, 1e22, 2.0**63]}
)
@example(data={"\N{GRINNING FACE}\0.`/~": "\N{GRINNING FACE}\0\r\n\u2028\ufffe"})
@example(data={"___": 1, "__x": 2, "x__": 3})
@example(data=objects_in_objects(firestore_limits.MAX_DEPTH))
@example(data={"text": "x" * (firestore_limits.MAX_STORED_BYTES - 100)})
async def test_a_record_without_violations_comes_back_equal_and_of_equal_types(
    store: RecordStore, data: dict[str, Any]
) -> None:
    assume(not firestore_limits.violations(data))
    record = record_of("ada@accounts.google.com", data=data)
    await store.save(record)
    stored = await store.get(record.user_id, record.id)
    assert stored
    assert exactly(data) == exactly(stored.data)


# Where Google documents a limit that the emulator does not have, it is not shown here: a name of underscores only
# (`____`), a document between 1,000,000 bytes and 1 MiB, an empty array on the level below the last.
@pytest.mark.parametrize(
    "data",
    [
        {"__x__": 1},
        {"__\n__": 1},
        {"array": [{"object": {"__x__": 1}}]},
        {"": 1},
        {"array": [{"": 1}]},
        {"array": [[]]},
        {"array": [1, {"object": [[1]]}]},
        {"n" * 1_501: 1},
        objects_in_objects(firestore_limits.MAX_DEPTH + 1),
        objects_in_objects(50),
        {"text": "x" * 2**20},
        {"integer": 2**63},
        {"array": [-(2**63) - 1]},
    ],
    ids=lambda data: exactly(data)[:40],
)
async def test_a_record_with_violations_is_rejected(store: RecordStore, data: dict[str, Any]) -> None:
    assert firestore_limits.violations(data)
    record = record_of(new_user(), data=data)
    with pytest.raises(UnstorableRecord, match="Firestore rejected the write"):
        await store.save(record)
    assert await store.get(record.user_id, record.id) is None


@pytest.mark.parametrize(
    ("within", "beyond"),
    [
        ({"n" * 1_495: 1}, {"n" * 1_496: 1}),
        ({E_ACUTE * 747: 1}, {E_ACUTE * 748: 1}),
        ({"n" * 747: {"m" * 747: 1}}, {"n" * 747: {"m" * 748: 1}}),
        ({"n": [{"m" * 746: {"o" * 746: 1}}]}, {"n": [{"m" * 746: {"o" * 747: 1}}]}),
    ],
    ids=["one name", "bytes, not characters", "two names", "through an array"],
)
async def test_the_names_on_the_path_to_a_value_have_1500_bytes_at_most(
    store: RecordStore, within: dict[str, Any], beyond: dict[str, Any]
) -> None:
    """Google limits the field path: `data`, the names and the dots between them count."""
    assert [] == firestore_limits.violations(within)
    await store.save(record_of(new_user(), data=within))
    assert firestore_limits.violations(beyond)
    with pytest.raises(UnstorableRecord):
        await store.save(record_of(new_user(), data=beyond))


async def test_one_bad_record_among_a_hundred_harms_none_of_the_others(store: RecordStore) -> None:
    user_id = new_user()
    records = [record_of(user_id, NOON + number * SECOND) for number in range(100)]
    records[41] = replace(records[41], data={"array": [[]]})
    saved = await asyncio.gather(*map(store.save, records), return_exceptions=True)
    assert [41] == [number for number, error in enumerate(saved) if isinstance(error, UnstorableRecord)]
    assert 99 == sum(isinstance(result, Saved) and not result.duplicate for result in saved)
    stored = (await store.list(user_id, Query(size=500, newest_first=False))).records
    assert records[:41] + records[42:] == stored
