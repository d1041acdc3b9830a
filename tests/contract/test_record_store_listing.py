"""Tests how a store lists records: the fake, and the adapter with the official emulator."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from dataapi.interfaces import RecordStore
from dataapi.records.pagination import MAX_PAGE_BYTES, Cursor, Page, Query
from dataapi.records.record import Record
from tests.support.functions.examples import NOON, SECOND, new_user, record_of, seven_records


@pytest.mark.parametrize("newest_first", [True, False])
async def test_records_are_listed_by_time_and_id_in_the_requested_order(
    store: RecordStore, *, newest_first: bool
) -> None:
    records = seven_records(new_user())
    await asyncio.gather(*map(store.save, records))
    expected = records[::-1] if newest_first else records
    assert expected == (await store.list(records[0].user_id, Query(newest_first=newest_first))).records


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("size", range(1, 9))
async def test_page_after_page_shows_every_record_once(store: RecordStore, size: int, *, newest_first: bool) -> None:
    records = seven_records(new_user())
    await asyncio.gather(*map(store.save, records))
    shown: list[Record] = []
    query = Query(size=size, newest_first=newest_first)
    for _ in range(-(-len(records) // size)):  # so many pages
        page = await store.list(records[0].user_id, query)
        assert min(size, len(records) - len(shown)) == len(page.records)
        shown += page.records
        assert page.has_more == (len(shown) < len(records))
        query = replace(query, after=Cursor(shown[-1].created_at, shown[-1].id))
    assert (records[::-1] if newest_first else records) == shown
    assert [] == (await store.list(records[0].user_id, query)).records


@pytest.mark.parametrize("newest_first", [True, False])
async def test_since_is_included_and_until_is_not(store: RecordStore, *, newest_first: bool) -> None:
    records = seven_records(new_user())
    await asyncio.gather(*map(store.save, records))
    since, until = records[2].created_at, records[4].created_at  # of two records each
    direction = -1 if newest_first else 1

    async def listed(query: Query) -> list[Record]:
        page = await store.list(records[0].user_id, replace(query, newest_first=newest_first))
        return [*page.records][::direction]

    microsecond = timedelta(microseconds=1)
    assert records[2:] == await listed(Query(since=since))
    assert records[4:] == await listed(Query(since=since + microsecond))
    assert records[:4] == await listed(Query(until=until))
    assert records[:6] == await listed(Query(until=until + microsecond))
    assert records[2:4] == await listed(Query(since=since, until=until))
    assert [] == await listed(Query(since=until, until=since))
    after = records[3] if newest_first else records[2]
    expected = records[2] if newest_first else records[3]
    assert [expected] == await listed(Query(since=since, until=until, after=Cursor(after.created_at, after.id)))


async def test_no_user_sees_the_records_of_another_user_with_the_same_prefix(store: RecordStore) -> None:
    stem = uuid4().hex
    users = [
        stem,
        f"{stem}@",
        f"{stem}@a",
        f"{stem}@aa",
        f"{stem}@a%2Frecords",
        f"{stem}%2F@a",
        f"={stem}@",
        f"{stem}@b",
    ]
    records = [record_of(user) for user in users]
    await asyncio.gather(*map(store.save, records))
    for record in records:
        others = [other for other in records if other is not record]
        assert [record] == (await store.list(record.user_id, Query())).records
        assert [None] * len(others) == [await store.get(record.user_id, other.id) for other in others]
        for other in others:  # a page that begins behind another user's record begins behind its time and id
            query = Query(after=Cursor(other.created_at, other.id))
            expected = [record] if record.id < other.id else []
            assert expected == (await store.list(record.user_id, query)).records


async def test_a_page_ends_before_it_is_too_large_for_memory(store: RecordStore) -> None:
    user_id = new_user()
    large = [record_of(user_id, NOON + number * SECOND, {"text": "x" * 250_000}) for number in range(6)]
    await asyncio.gather(*map(store.save, large))
    shown: list[Record] = []
    query = Query(size=500, newest_first=False)
    pages: list[Page] = []
    while not pages or pages[-1].has_more:
        page = await store.list(user_id, query)
        pages.append(page)
        assert 1 <= len(page.records) <= MAX_PAGE_BYTES // 250_000
        shown += page.records
        query = replace(query, after=Cursor(shown[-1].created_at, shown[-1].id))
    assert large == shown
    assert 2 == len(pages)
