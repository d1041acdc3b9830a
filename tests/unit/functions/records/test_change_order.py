"""Tests single cases of the order of changes; tests/properties/test_change_order.py tests all of them."""

from collections.abc import Sequence
from datetime import timedelta

from dataapi.records.change_order import MAX_COMMIT_DELAY, Change, Reading
from tests.support.functions.examples import NOON

SECOND = timedelta(seconds=1)


def change(number: int, changed: int, committed: int, size: int = 1) -> Change:
    return Change(f"{number:032x}", NOON + changed * SECOND, NOON + committed * SECOND, size)


def reading_of(results: Sequence[Change], *, size: int = 10, has_more: bool) -> Reading:
    reading = Reading(None, size, max_bytes=100)
    reading.add(results, NOON + 60 * SECOND, has_more=has_more)
    return reading


def test_what_was_committed_after_the_last_read_time_must_wait_for_more_results() -> None:
    slow, fast = change(1, changed=0, committed=9), change(2, changed=1, committed=2)
    reading = reading_of([slow, fast], has_more=True)
    assert reading.page is None  # a change that was not read yet may be committed before them
    reading.add([change(3, changed=3, committed=4)], NOON + 61 * SECOND, has_more=True)
    page = reading.page
    assert page
    assert [fast] == page.changes
    assert NOON == page.cursor.read_from  # of the one that is pending


def test_what_was_committed_after_the_first_query_is_for_the_next_page() -> None:
    reading = reading_of([change(1, changed=60, committed=60)], has_more=True)
    reading.add([change(2, changed=60, committed=61)], NOON + 62 * SECOND, has_more=False)
    page = reading.page
    assert page
    assert [1] == [int(item.id, 16) for item in page.changes]


def test_what_does_not_fit_is_for_the_next_page_and_so_is_all_behind_it() -> None:
    large = change(2, changed=1, committed=2, size=100)
    reading = reading_of([change(1, changed=0, committed=1), large, change(3, changed=2, committed=3)], has_more=True)
    reading.add([change(4, changed=8, committed=9)], NOON + 61 * SECOND, has_more=False)
    page = reading.page
    assert page
    assert [1] == [int(item.id, 16) for item in page.changes]
    assert NOON + SECOND == page.cursor.read_from


def test_a_reader_that_knows_everything_reads_on_from_the_longest_delay_before_the_read() -> None:
    page = reading_of([], has_more=False).page
    assert page
    read_time = NOON + 60 * SECOND
    assert (read_time - MAX_COMMIT_DELAY, read_time) == (page.cursor.read_from, page.cursor.up_to_date_at)


def test_if_all_was_committed_after_the_first_query_a_new_reading_will_have_it() -> None:
    early = reading_of([change(1, changed=60, committed=61)], has_more=False)
    assert (True, []) == (early.is_early, early.page and early.page.changes)
    assert not reading_of([change(1, changed=60, committed=60)], has_more=False).is_early
    assert not reading_of([], has_more=False).is_early
