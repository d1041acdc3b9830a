"""Tests that readers of the feed miss nothing and see nothing twice, in whatever order changes become readable."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from dataapi.records.change_order import EPOCH, MAX_COMMIT_DELAY, Change, Cursor, Page, Reading, at_the_end
from dataapi.records.record import Record
from tests.support.functions.examples import NOON, record_of

MILLISECOND = timedelta(milliseconds=1)
# Few different times, so that many are equal; and the longest delay that is allowed.
DELAYS = st.integers(0, 20) | st.sampled_from([0, MAX_COMMIT_DELAY // MILLISECOND])


@st.composite
def histories(draw: st.DrawFn) -> list[Change]:
    """Changes in the order of their commits: each record is stored, and some are deleted later."""
    changes: list[Change] = []
    for number in range(draw(st.integers(0, 25))):
        id_ = f"{number:032x}"
        received = draw(st.integers(0, 60))
        committed = received + draw(DELAYS)
        record = record_of("ada@accounts.google.com")
        size = draw(st.sampled_from([1, 1, 1, 40, 200]))
        changes.append(_change(id_, received, committed, size, record))
        if draw(st.booleans()) and draw(st.booleans()):
            deleted = committed + draw(st.integers(0, 40))
            changes.append(_change(id_, deleted, deleted + 1 + draw(DELAYS), 1, None))
    return sorted(changes, key=lambda change: change.position)


def _change(id_: str, received: int, committed: int, size: int, record: Record | None) -> Change:
    return Change(id_, NOON + received * MILLISECOND, NOON + committed * MILLISECOND, size, record)


def read(
    history: Sequence[Change], cursor: Cursor | None, size: int, limit: int, clock: Sequence[int]
) -> tuple[Page, int]:
    """A page, as the adapter reads it: by queries with a limit, each a snapshot at its own time of the clock."""
    reading = Reading(cursor, size, max_bytes=100)
    begin = (cursor.read_from if cursor else EPOCH, "")
    for number, moment in enumerate(clock):
        now = NOON + moment * MILLISECOND
        latest: dict[str, Change] = {}
        for change in history[: bisect_right([change.committed_at for change in history], now)]:
            latest[change.id] = change
        selected = sorted((change.changed_at, change.id) for change in latest.values())
        results = [latest[id_] for at, id_ in selected if (at, id_) >= begin and (number == 0 or (at, id_) > begin)]
        cut = results[: limit if number == 0 else limit * 3]
        reading.add(cut, now, has_more=len(cut) < len(results))
        if page := reading.page:
            return page, number + 1
        begin = (cut[-1].changed_at, cut[-1].id)
    raise AssertionError("no page although the clock has no end")


@settings(deadline=None, max_examples=150)
@given(data=st.data(), history=histories())
def test_every_reader_sees_every_change_once_in_the_order_of_commits(
    data: st.DataObject, history: list[Change]
) -> None:
    end = max(((change.committed_at - NOON) // MILLISECOND for change in history), default=0)
    steps = data.draw(st.lists(st.integers(0, 30), min_size=5, max_size=30))
    now, cursor, seen = 0, None, list[Change]()
    while True:
        step = steps.pop() if steps else end + 1
        now += step
        size, limit = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 6))
        apart = data.draw(st.integers(0, 3))
        is_after_the_last = now > end
        page, queries = read(history, cursor, size, limit, range(now, now + 40 * (apart + 1), apart + 1))
        now += queries * (apart + 1)
        assert len(page.changes) <= size
        assert sum(change.size for change in page.changes[1:]) <= 100
        seen += page.changes
        cursor = page.cursor
        if is_after_the_last and not page.changes:
            break
    positions = [change.position for change in seen]
    assert sorted(set(positions)) == positions  # nothing twice, and all readers have this order
    latest = {change.id: change for change in history}
    assert [] == [change for change in latest.values() if change not in seen]  # nothing is missed
    assert [] == [change for change in seen if change not in history]


@given(history=histories())
def test_a_reader_that_begins_now_sees_exactly_what_is_committed_later(history: list[Change]) -> None:
    middle = len(history) // 2
    now = history[middle].committed_at if history else NOON
    page, _ = read(history, at_the_end(now), 100, 100, [10**6])
    latest = {change.id: change for change in history}
    later = [change for change in history if change.committed_at > now and latest[change.id] == change]
    fitting = list[Change]()
    while later and (not fitting or sum(change.size for change in [*fitting, later[0]]) <= 100):
        fitting.append(later.pop(0))
    assert fitting == [*page.changes]
