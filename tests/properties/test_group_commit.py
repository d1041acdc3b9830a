"""Tests that requests which share RPCs get their own results."""

import math
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from dataapi.group_commit import GroupLimits, GroupRejectedError
from tests.support.functions.fake_batch_service import LARGE_LIMITS, Service, sent

ENTRIES = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 100)), min_size=1, max_size=12)  # items, bytes


@settings(deadline=None)
@given(ENTRIES, st.integers(1, 8), st.integers(20, 200))
async def test_every_request_gets_the_results_of_its_own_items_in_order(
    sizes: list[tuple[int, int]], items: int, size: int
) -> None:
    service = Service()
    entries = [
        ([f"item {number}.{value}" for value in range(count)], size) for number, (count, size) in enumerate(sizes)
    ]
    results = await sent(service, GroupLimits(items, size, wait=10.0), *entries)
    groups = [len(rpc) for rpc in service.rpcs for _ in {item.split(".")[0] for item in rpc}]
    expected = [[item.upper() for item in own] for own, _ in entries]
    assert list(zip(expected, groups, strict=True)) == results
    assert [item for own, _ in entries for item in own] == service.accepted


@settings(deadline=None)
@given(ENTRIES, st.integers(1, 8), st.integers(20, 200))
async def test_no_entry_is_split_and_no_rpc_could_have_taken_the_next_entry_as_well(
    sizes: list[tuple[int, int]], items: int, size: int
) -> None:
    service = Service()
    entries = [([str(number)] * count, own) for number, (count, own) in enumerate(sizes)]
    await sent(service, GroupLimits(items, size, wait=10.0), *entries)
    groups = [sorted({int(item) for item in rpc}) for rpc in service.rpcs]
    assert list(range(len(sizes))) == [number for group in groups for number in group]

    def fits(numbers: list[int]) -> bool:
        return (
            sum(sizes[number][0] for number in numbers) <= items and sum(sizes[number][1] for number in numbers) <= size
        )

    assert all(len(group) == 1 or fits(group) for group in groups)
    assert not any(fits([*group, following[0]]) for group, following in pairwise(groups))


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=16))
async def test_in_a_rejected_group_only_the_bad_entry_fails_and_the_others_are_sent_once(bad: list[bool]) -> None:
    service = Service()
    items = [f"bad {number}" if is_bad else f"good {number}" for number, is_bad in enumerate(bad)]
    results = await sent(service, LARGE_LIMITS, *(([item], 1) for item in items))
    assert bad == [result is GroupRejectedError for result in results]
    good = [item for item in items if "good" in item]
    assert [[item.upper()] for item in good] == [result[0] for result in results if isinstance(result, tuple)]
    assert good == service.accepted


@settings(deadline=None)
@given(st.integers(2, 64), st.data())
async def test_one_bad_entry_costs_two_rpcs_a_halving(count: int, data: st.DataObject) -> None:
    service = Service()
    culprit = data.draw(st.integers(0, count - 1))
    await sent(service, LARGE_LIMITS, *((["bad" if number == culprit else "good"], 1) for number in range(count)))
    assert len(service.rpcs) <= 1 + 2 * math.ceil(math.log2(count))
