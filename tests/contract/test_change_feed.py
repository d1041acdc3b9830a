"""Tests changes and deletions: the fakes, and the adapters with the official emulator."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager

import pytest

from dataapi.errors import DeletedError, TooManyRequests, Unavailable
from dataapi.gcp import change_listener
from dataapi.gcp.firestore import Firestore, QueryResult
from dataapi.interfaces import Saved
from dataapi.records.change_order import Change, Cursor
from dataapi.records.changes import ChangesQuery
from dataapi.records.pagination import Query
from tests.support.functions import adapters, in_memory
from tests.support.functions.adapters import Emulator, Stores
from tests.support.functions.examples import new_user, record_of

WRITERS, READERS, RECORDS = 20, 5, 25


@pytest.fixture(params=["in memory", "emulator"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[Stores]:
    if request.param == "in memory":
        records = in_memory.RecordStore()
        yield Stores(records, in_memory.Tombstones(records), in_memory.ChangeFeed(records))
        return
    async with adapters.stores_at(request.getfixturevalue("firestore").host) as connected:
        yield connected


async def all_changes(stores: Stores, user_id: str, cursor: Cursor | None, size: int) -> list[Change]:
    changes = list[Change]()
    while (page := await stores.changes.page(user_id, ChangesQuery(size, cursor))).changes:
        changes += page.changes
        cursor = page.cursor
    return changes


@pytest.mark.parametrize("size", [1, 3, 500])
async def test_stored_records_come_in_their_order_whatever_the_size_of_a_page(stores: Stores, size: int) -> None:
    user_id = new_user()
    records = [record_of(user_id) for _ in range(7)]
    for own in (*records, record_of(new_user())):
        await stores.records.save(own)
    assert records == [change.record for change in await all_changes(stores, user_id, None, size)]


async def test_a_deleted_record_is_neither_read_nor_listed_nor_stored_again(stores: Stores) -> None:
    await stores.records.save(own := record_of(new_user()))
    before = await stores.changes.page(own.user_id, ChangesQuery())
    await stores.tombstones.delete(own.user_id, own.id)
    assert Saved(duplicate=True, group_size=1) == await stores.records.save(own)
    with pytest.raises(DeletedError):
        await stores.records.get(own.user_id, own.id)
    assert [] == (await stores.records.list(own.user_id, Query())).records
    assert [(own.id, None)] == [
        (change.id, change.record) for change in await all_changes(stores, own.user_id, before.cursor, 5)
    ]


async def test_a_deletion_by_another_user_leaves_the_owners_record_and_changes(stores: Stores) -> None:
    await stores.records.save(own := record_of(new_user()))
    await stores.tombstones.delete(new_user(), own.id)
    assert own == await stores.records.get(own.user_id, own.id)
    assert [own] == [change.record for change in await all_changes(stores, own.user_id, None, 5)]


async def test_a_record_that_is_deleted_before_it_is_stored_is_never_stored(stores: Stores) -> None:
    own = record_of(new_user())
    assert not await stores.tombstones.is_deleted(own.user_id, own.id)
    await stores.tombstones.delete(own.user_id, own.id)
    assert await stores.tombstones.is_deleted(own.user_id, own.id)
    assert Saved(duplicate=True, group_size=1) == await stores.records.save(own)
    with pytest.raises(DeletedError):
        await stores.records.get(own.user_id, own.id)


async def test_a_repeated_deletion_keeps_its_place_in_the_feed(stores: Stores) -> None:
    own = record_of(new_user())
    await asyncio.gather(*(stores.tombstones.delete(own.user_id, own.id) for _ in range(5)))
    page = await stores.changes.page(own.user_id, ChangesQuery())
    assert 1 == len(page.changes)
    await stores.tombstones.delete(own.user_id, own.id)
    assert [] == await all_changes(stores, own.user_id, page.cursor, 5)


async def test_deletions_and_deliveries_at_once_leave_a_tombstone(stores: Stores) -> None:
    records = [record_of(new_user()) for _ in range(20)]
    saves = [stores.records.save(own) for own in records]
    deletions = [stores.tombstones.delete(own.user_id, own.id) for own in records]
    await asyncio.gather(*saves, *deletions)
    assert all([await stores.tombstones.is_deleted(own.user_id, own.id) for own in records])


async def test_latest_is_after_everything_that_is_stored(stores: Stores) -> None:
    user_id = new_user()
    await stores.records.save(record_of(user_id))
    page = await stores.changes.page(user_id, ChangesQuery(from_now_on=True))
    assert [] == page.changes
    await stores.records.save(later := record_of(user_id))
    assert [later] == [change.record for change in await all_changes(stores, user_id, page.cursor, 5)]


async def next_change(stores: Stores, user_id: str, cursor: Cursor, changed: asyncio.Event) -> None:
    """Waits as `present` does."""
    while not (await stores.changes.page(user_id, ChangesQuery(after=cursor))).changes:
        await asyncio.wait_for(changed.wait(), 20)
        changed.clear()


async def test_who_listens_is_told_about_a_change(stores: Stores) -> None:
    user_id = new_user()
    await stores.records.save(record_of(user_id))
    page = await stores.changes.page(user_id, ChangesQuery())
    async with stores.changes.listener.listening(user_id, page.cursor) as changed:
        await stores.records.save(record_of(user_id))
        await next_change(stores, user_id, page.cursor, changed)
    async with stores.changes.listener.listening(user_id, page.cursor) as changed:  # it has happened already
        await next_change(stores, user_id, page.cursor, changed)


async def test_who_is_told_about_a_change_finds_it_with_one_query(
    firestore: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries, user_id = list[object](), new_user()
    run_query = Firestore.run_query

    async def counted(self: Firestore, parent: str, query: object, max_bytes: int, timeout: float) -> QueryResult:  # noqa: ASYNC109  as there
        queries.append(query)
        return await run_query(self, parent, query, max_bytes, timeout)

    monkeypatch.setattr(Firestore, "run_query", counted)
    async with adapters.stores_at(firestore.host) as stores:
        cursor = (await stores.changes.page(user_id, ChangesQuery(from_now_on=True))).cursor
        async with stores.changes.listener.listening(user_id, cursor) as changed:
            await asyncio.wait_for(changed.wait(), 20)  # listening has begun
            changed.clear()
            await stores.records.save(own := record_of(user_id))
            await asyncio.wait_for(changed.wait(), 20)
            queries.clear()
            page = await stores.changes.page(user_id, ChangesQuery(after=cursor))
    assert ([own], 1) == ([change.record for change in page.changes], len(queries))


class UnreadableStream:
    """A call whose answers cannot be parsed: grpc logs that and returns None for each."""

    def __aiter__(self) -> "UnreadableStream":
        return self

    async def __anext__(self) -> None:
        await asyncio.sleep(0)

    def cancel(self) -> None:
        pass


async def test_a_stream_whose_answers_cannot_be_parsed_is_opened_again(
    firestore: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    listen = Firestore.listen

    def first_unreadable(self: Firestore, requests: AsyncIterator[object]) -> object:
        opened.append(requests)
        return UnreadableStream() if len(opened) == 1 else listen(self, requests)

    monkeypatch.setattr(Firestore, "listen", first_unreadable)
    user_id = new_user()
    async with adapters.stores_at(firestore.host) as stores:
        page = await stores.changes.page(user_id, ChangesQuery(from_now_on=True))
        async with stores.changes.listener.listening(user_id, page.cursor) as changed:
            await asyncio.wait_for(changed.wait(), 20)
    assert 2 == len(opened)


async def test_many_listeners_share_streams_which_end_with_the_last_of_them(
    firestore: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_listener, "MAX_TARGETS", 4)
    users = [new_user() for _ in range(10)]
    async with adapters.stores_at(firestore.host) as stores:
        listener = stores.changes.listener
        cursor = (await stores.changes.page(users[0], ChangesQuery(from_now_on=True))).cursor
        told = asyncio.Queue[str]()

        async def listen(user_id: str) -> None:
            async with listener.listening(user_id, cursor) as changed:
                await next_change(stores, user_id, cursor, changed)
            await told.put(user_id)

        async with asyncio.TaskGroup() as group:
            for user_id in users:
                group.create_task(listen(user_id))
            for user_id in users:
                await stores.records.save(record_of(user_id))
                assert user_id == await told.get()
        assert [] == listener._streams  # type: ignore[attr-defined]  # noqa: SLF001  that none is left open has no other sign


async def test_the_number_of_listeners_is_limited_for_all_and_for_one_user(
    firestore: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_listener, "MAX_WAITING_OF_A_USER", 1)
    user_id = new_user()
    async with adapters.stores_at(firestore.host, max_waiting=2) as stores:
        listening = stores.changes.listener.listening
        cursor = (await stores.changes.page(user_id, ChangesQuery(from_now_on=True))).cursor
        async with listening(user_id, cursor):
            with pytest.raises(TooManyRequests):
                async with listening(user_id, cursor):
                    pass
            async with listening(new_user(), cursor):
                with pytest.raises(Unavailable, match="Too many clients wait"):
                    async with listening(new_user(), cursor):
                        pass
        async with listening(user_id, cursor):
            pass


async def test_readers_of_parallel_writers_see_every_change_once_in_the_same_order(firestore: Emulator) -> None:
    user_id, written, deleted = new_user(), set[str](), set[str]()

    async def write() -> None:
        async with adapters.stores_at(firestore.host) as stores:
            for number in range(RECORDS):
                await stores.records.save(own := record_of(user_id))
                written.add(own.id)
                if number % 5 == 0:
                    await stores.tombstones.delete(user_id, own.id)
                    deleted.add(own.id)

    async def follow(seen: list[Change], is_done: asyncio.Event) -> None:
        async with adapters.stores_at(firestore.host) as stores:
            cursor = None
            while True:
                was_done = is_done.is_set()
                query = ChangesQuery(random.choice([2, 10, 100, 500]), cursor)  # noqa: S311  no secret
                page = await stores.changes.page(user_id, query)
                seen += page.changes
                cursor = page.cursor
                if was_done and not page.changes:
                    return

    async with followed(follow) as seen:
        await asyncio.gather(*(write() for _ in range(WRITERS)))
    for changes in seen:
        positions = [change.position for change in changes]
        assert sorted(set(positions)) == positions
        assert written == {change.id for change in changes}
        assert deleted == {change.id for change in changes if change.record is None}
    common = set.intersection(*({change.position for change in changes} for changes in seen))
    orders = [[change.position for change in changes if change.position in common] for changes in seen]
    assert [orders[0]] * READERS == orders


@asynccontextmanager
async def followed(
    follow: Callable[[list[Change], asyncio.Event], Coroutine[None, None, None]],
) -> AsyncIterator[list[list[Change]]]:
    """The changes that each reader sees; they are complete after the block."""
    seen = [list[Change]() for _ in range(READERS)]
    is_done = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for changes in seen:
            group.create_task(follow(changes, is_done))
        yield seen
        is_done.set()
