"""How requests share RPCs, seen from both ends: what a caller gets, and what `send` is given."""

import asyncio
import math
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataapi.errors import Unavailable
from dataapi.grouping import Grouped, GroupRefused, Limits

ROOMY = Limits(items=1_000, size=1_000_000, wait=10.0)
PATIENCE = 1.0  # seconds; no test waits so long, but a caller who was forgotten would wait for ever

Answer = tuple[Sequence[str], int]
ENTRIES = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 100)), min_size=1, max_size=12)  # items, bytes


class Service:
    """Answers an RPC with its items in capitals; fails for one that holds `bad` or `fault`; notes what it was sent."""

    def __init__(self) -> None:
        self.rpcs: list[list[str]] = []
        self.accepted: list[str] = []
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()  # an RPC is under way until it is set
        self.gate.set()

    async def send(self, items: Sequence[str]) -> Sequence[str]:
        self.rpcs.append(list(items))
        self.begun.set()
        await self.gate.wait()
        if any("bad" in item for item in items):
            raise GroupRefused
        if any("fault" in item for item in items):
            raise ConnectionError
        self.accepted += items
        return [item.upper() for item in items]


async def under_way(service: Service, *items: str) -> list[asyncio.Task[Answer]]:
    """Requests of one item each; the RPC of the first is under way when the others come, and so when this returns."""
    service.gate.clear()
    grouped = Grouped(service.send, ROOMY)
    first = asyncio.create_task(grouped(items[:1], 1))
    async with asyncio.timeout(PATIENCE):
        await service.begun.wait()
    rest = [asyncio.create_task(grouped([item], 1)) for item in items[1:]]
    await asyncio.sleep(0)  # so that they have come
    return [first, *rest]


async def outcomes(*requests: asyncio.Task[Answer]) -> list[Answer | type[BaseException]]:
    """What each request got: its answer, or the kind of its error."""
    async with asyncio.timeout(PATIENCE):
        found = await asyncio.gather(*requests, return_exceptions=True)
    return [type(each) if isinstance(each, BaseException) else each for each in found]


async def sent(service: Service, limits: Limits, *entries: tuple[list[str], int]) -> list[Answer | type[BaseException]]:
    """The outcomes of entries (items, bytes) that come all at once."""
    grouped = Grouped(service.send, limits)
    return await outcomes(*(asyncio.create_task(grouped(items, size)) for items, size in entries))


async def test_one_request_alone_is_sent_at_once() -> None:
    service = Service()
    assert [(["A"], 1)] == await sent(service, ROOMY, (["a"], 1))
    assert [["a"]] == service.rpcs


async def test_what_comes_during_an_rpc_leaves_together_in_the_next() -> None:
    service = Service()
    requests = await under_way(service, "a", "b", "c", "d")
    assert [["a"]] == service.rpcs
    service.gate.set()
    assert [(["A"], 1), (["B"], 3), (["C"], 3), (["D"], 3)] == await outcomes(*requests)
    assert [["a"], ["b", "c", "d"]] == service.rpcs


async def test_after_a_pause_a_request_is_sent_at_once_again() -> None:
    service = Service()
    grouped = Grouped(service.send, ROOMY)
    async with asyncio.timeout(PATIENCE):
        assert (["A"], 1) == await grouped(["a"], 1)
        await asyncio.sleep(0)
        assert (["B"], 1) == await grouped(["b"], 1)
    assert [["a"], ["b"]] == service.rpcs


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (Limits(items=4, size=40, wait=10.0), [["a", "a", "b", "b"], ["c", "c"]]),
        (Limits(items=5, size=40, wait=10.0), [["a", "a", "b", "b"], ["c", "c"]]),
        (Limits(items=6, size=30, wait=10.0), [["a", "a", "b", "b", "c", "c"]]),
        (Limits(items=6, size=29, wait=10.0), [["a", "a", "b", "b"], ["c", "c"]]),
        (Limits(items=6, size=20, wait=10.0), [["a", "a", "b", "b"], ["c", "c"]]),
        (Limits(items=6, size=19, wait=10.0), [["a", "a"], ["b", "b"], ["c", "c"]]),
    ],
)
async def test_an_rpc_takes_as_many_whole_entries_as_the_limits_of_items_and_bytes_let_it(
    limits: Limits, expected: list[list[str]]
) -> None:
    service = Service()
    await sent(service, limits, (["a", "a"], 10), (["b", "b"], 10), (["c", "c"], 10))
    assert expected == service.rpcs


@pytest.mark.parametrize("limits", [Limits(items=2, size=100, wait=10.0), Limits(items=100, size=20, wait=10.0)])
async def test_an_entry_over_the_limit_goes_alone(limits: Limits) -> None:
    service = Service()
    found = await sent(service, limits, (["a"], 1), (["b", "b", "b"], 21), (["c"], 1))
    assert [(["A"], 1), (["B", "B", "B"], 3), (["C"], 1)] == found
    assert [["a"], ["b", "b", "b"], ["c"]] == service.rpcs


@settings(max_examples=15, deadline=None)
@given(ENTRIES, st.integers(1, 8), st.integers(20, 200))
async def test_everyone_gets_the_results_of_his_own_items_in_order(
    sizes: list[tuple[int, int]], items: int, size: int
) -> None:
    service = Service()
    entries = [([f"item {number}.{each}" for each in range(count)], size) for number, (count, size) in enumerate(sizes)]
    found = await sent(service, Limits(items, size, wait=10.0), *entries)
    groups = [len(rpc) for rpc in service.rpcs for _ in {item.split(".")[0] for item in rpc}]
    expected = [[item.upper() for item in own] for own, _ in entries]
    assert list(zip(expected, groups, strict=True)) == found
    assert [item for own, _ in entries for item in own] == service.accepted


@settings(max_examples=15, deadline=None)
@given(ENTRIES, st.integers(1, 8), st.integers(20, 200))
async def test_no_entry_is_parted_and_no_rpc_could_have_taken_the_next_entry_as_well(
    sizes: list[tuple[int, int]], items: int, size: int
) -> None:
    service = Service()
    entries = [([str(number)] * count, own) for number, (count, own) in enumerate(sizes)]
    await sent(service, Limits(items, size, wait=10.0), *entries)
    groups = [sorted({int(item) for item in rpc}) for rpc in service.rpcs]
    assert list(range(len(sizes))) == [number for group in groups for number in group]

    def fits(numbers: list[int]) -> bool:
        return sum(sizes[each][0] for each in numbers) <= items and sum(sizes[each][1] for each in numbers) <= size

    assert all(len(group) == 1 or fits(group) for group in groups)
    assert not any(fits([*group, following[0]]) for group, following in pairwise(groups))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=16))
async def test_in_a_refused_group_whoever_is_bad_fails_alone_and_the_others_succeed_once(bad: list[bool]) -> None:
    service = Service()
    items = [f"bad {number}" if each else f"good {number}" for number, each in enumerate(bad)]
    found = await sent(service, ROOMY, *(([item], 1) for item in items))
    assert bad == [each is GroupRefused for each in found]
    good = [item for item in items if "good" in item]
    assert [[item.upper()] for item in good] == [each[0] for each in found if isinstance(each, tuple)]
    assert good == service.accepted


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 64), st.data())
async def test_one_bad_entry_costs_two_rpcs_a_halving(count: int, data: st.DataObject) -> None:
    service = Service()
    culprit = data.draw(st.integers(0, count - 1))
    await sent(service, ROOMY, *((["bad" if number == culprit else "good"], 1) for number in range(count)))
    assert len(service.rpcs) <= 1 + 2 * math.ceil(math.log2(count))


async def test_a_bad_entry_of_several_items_fails_as_a_whole() -> None:
    service = Service()
    found = await sent(service, ROOMY, (["a", "b"], 2), (["c", "bad"], 2))
    assert [(["A", "B"], 2), GroupRefused] == found


async def test_a_fault_fails_its_group_and_no_other() -> None:
    service = Service()
    requests = await under_way(service, "a", "fault", "b")
    service.gate.set()
    assert [(["A"], 1), ConnectionError, ConnectionError] == await outcomes(*requests)


async def test_after_a_fault_the_next_group_is_sent() -> None:
    service = Service()
    requests = await under_way(service, "fault", "a", "b")
    service.gate.set()
    assert [ConnectionError, (["A"], 2), (["B"], 2)] == await outcomes(*requests)


async def test_a_fault_in_one_half_of_a_refused_group_leaves_the_other_half_alone() -> None:
    service = Service()
    found = await sent(service, ROOMY, *(([item], 1) for item in ("bad", "a", "b", "fault")))
    assert [GroupRefused, (["A"], 1), ConnectionError, ConnectionError] == found


@pytest.mark.parametrize("gone", [0, 1, 2])
@pytest.mark.parametrize("items", [("a", "b", "c"), ("a", "fault", "c"), ("a", "bad", "c"), ("fault", "b", "c")])
async def test_a_caller_who_goes_away_harms_nobody(items: tuple[str, ...], gone: int) -> None:
    undisturbed = Service()
    requests = await under_way(undisturbed, *items)
    undisturbed.gate.set()
    expected = await outcomes(*requests)
    service = Service()
    requests = await under_way(service, *items)
    requests[gone].cancel()
    service.gate.set()
    expected[gone] = asyncio.CancelledError
    assert expected == await outcomes(*requests)
    assert undisturbed.rpcs == service.rpcs  # what was admitted is sent: its client cannot know that it was not


async def test_what_has_waited_too_long_is_refused_and_not_sent_late(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service()
    requests = await under_way(service, "a", "old", "older")
    advance(monkeypatch, seconds=10.1)
    service.gate.set()
    assert [(["A"], 1), Unavailable, Unavailable] == await outcomes(*requests)
    assert [["a"]] == service.rpcs


async def test_what_has_not_waited_too_long_goes_without_what_has(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service()
    grouped = Grouped(service.send, ROOMY)
    service.gate.clear()
    requests = [asyncio.create_task(grouped(["a"], 1))]
    for item in ("old", "younger", "youngest"):
        await asyncio.sleep(0)  # so that what came before has come
        advance(monkeypatch, seconds=4.0)
        requests.append(asyncio.create_task(grouped([item], 1)))
    await asyncio.sleep(0)
    advance(monkeypatch, seconds=4.0)
    service.gate.set()
    assert [(["A"], 1), Unavailable, (["YOUNGER"], 2), (["YOUNGEST"], 2)] == await outcomes(*requests)
    assert [["a"], ["younger", "youngest"]] == service.rpcs


def advance(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    clock = loop.time
    monkeypatch.setattr(loop, "time", lambda: clock() + seconds)
