"""Tests how requests share RPCs: what the service gets, and what each request gets."""

import asyncio

import pytest

from dataapi.errors import Unavailable
from dataapi.group_commit import GroupCommit, GroupLimits, GroupRejectedError
from tests.support.functions.fake_batch_service import LARGE_LIMITS, TIMEOUT, Answer, Service, outcomes, sent


async def under_way(service: Service, *items: str) -> list[asyncio.Task[Answer]]:
    """Requests of one item each; the RPC of the first is under way when the others come, and so when this returns."""
    service.gate.clear()
    group_commit = GroupCommit(service.send, LARGE_LIMITS)
    first = asyncio.create_task(group_commit.submit(items[:1], 1))
    async with asyncio.timeout(TIMEOUT):
        await service.started.wait()
    rest = [asyncio.create_task(group_commit.submit([item], 1)) for item in items[1:]]
    await asyncio.sleep(0)  # so that they have come
    return [first, *rest]


async def test_one_request_alone_is_sent_at_once() -> None:
    service = Service()
    assert [(["A"], 1)] == await sent(service, LARGE_LIMITS, (["a"], 1))
    assert [["a"]] == service.rpcs


async def test_requests_that_come_during_an_rpc_share_the_next_one() -> None:
    service = Service()
    requests = await under_way(service, "a", "b", "c", "d")
    assert [["a"]] == service.rpcs
    service.gate.set()
    assert [(["A"], 1), (["B"], 3), (["C"], 3), (["D"], 3)] == await outcomes(*requests)
    assert [["a"], ["b", "c", "d"]] == service.rpcs


async def test_after_a_pause_a_request_is_sent_at_once_again() -> None:
    service = Service()
    group_commit = GroupCommit(service.send, LARGE_LIMITS)
    async with asyncio.timeout(TIMEOUT):
        assert (["A"], 1) == await group_commit.submit(["a"], 1)
        await asyncio.sleep(0)
        assert (["B"], 1) == await group_commit.submit(["b"], 1)
    assert [["a"], ["b"]] == service.rpcs


async def test_an_rpc_takes_as_many_whole_entries_as_the_limits_of_items_and_bytes_let_it() -> None:
    groups = {
        (4, 40): [["a", "a", "b", "b"], ["c", "c"]],
        (5, 40): [["a", "a", "b", "b"], ["c", "c"]],
        (6, 30): [["a", "a", "b", "b", "c", "c"]],
        (6, 29): [["a", "a", "b", "b"], ["c", "c"]],
        (6, 20): [["a", "a", "b", "b"], ["c", "c"]],
        (6, 19): [["a", "a"], ["b", "b"], ["c", "c"]],
    }
    results = {}
    for items, size in groups:
        service = Service()
        await sent(service, GroupLimits(items, size, wait=10.0), (["a", "a"], 10), (["b", "b"], 10), (["c", "c"], 10))
        results[items, size] = service.rpcs
    assert groups == results


async def test_an_entry_over_the_limit_goes_alone(subtests: pytest.Subtests) -> None:
    for limits in (GroupLimits(items=2, size=100, wait=10.0), GroupLimits(items=100, size=20, wait=10.0)):
        with subtests.test(limits=limits):
            service = Service()
            results = await sent(service, limits, (["a"], 1), (["b", "b", "b"], 21), (["c"], 1))
            assert [(["A"], 1), (["B", "B", "B"], 3), (["C"], 1)] == results
            assert [["a"], ["b", "b", "b"], ["c"]] == service.rpcs


async def test_in_a_rejected_group_only_the_bad_entry_fails_and_the_others_are_sent_once() -> None:
    service = Service()
    items = [f"{'bad' if number in (2, 3, 12) else 'good'} {number}" for number in range(13)]
    results = await sent(service, LARGE_LIMITS, *(([item], 1) for item in items))
    good = [item for item in items if "good" in item]
    assert ["bad" in item for item in items] == [result is GroupRejectedError for result in results]
    assert [[item.upper()] for item in good] == [result[0] for result in results if isinstance(result, tuple)]
    assert good == service.accepted


async def test_one_bad_entry_costs_two_rpcs_a_halving(subtests: pytest.Subtests) -> None:
    for culprit in (0, 5, 15):
        with subtests.test(culprit=culprit):
            service = Service()
            await sent(service, LARGE_LIMITS, *((["bad" if number == culprit else "good"], 1) for number in range(16)))
            assert 1 + 2 * 4 == len(service.rpcs)


async def test_a_bad_entry_of_several_items_fails_as_a_whole() -> None:
    service = Service()
    results = await sent(service, LARGE_LIMITS, (["a", "b"], 2), (["c", "bad"], 2))
    assert [(["A", "B"], 2), GroupRejectedError] == results


async def test_an_error_fails_its_group_and_no_other() -> None:
    service = Service()
    requests = await under_way(service, "a", "error", "b")
    service.gate.set()
    assert [(["A"], 1), ConnectionError, ConnectionError] == await outcomes(*requests)


async def test_after_an_error_the_next_group_is_sent() -> None:
    service = Service()
    requests = await under_way(service, "error", "a", "b")
    service.gate.set()
    assert [ConnectionError, (["A"], 2), (["B"], 2)] == await outcomes(*requests)


async def test_an_error_in_one_half_of_a_rejected_group_does_not_fail_the_other_half() -> None:
    service = Service()
    results = await sent(service, LARGE_LIMITS, *(([item], 1) for item in ("bad", "a", "b", "error")))
    assert [GroupRejectedError, (["A"], 1), ConnectionError, ConnectionError] == results


@pytest.mark.parametrize("items", [("a", "b", "c"), ("a", "error", "c"), ("a", "bad", "c"), ("error", "b", "c")])
async def test_a_cancelled_request_does_not_affect_others(subtests: pytest.Subtests, items: tuple[str, ...]) -> None:
    undisturbed = Service()
    requests = await under_way(undisturbed, *items)
    undisturbed.gate.set()
    expected = await outcomes(*requests)
    for gone in range(3):
        with subtests.test(gone=gone):
            service = Service()
            requests = await under_way(service, *items)
            requests[gone].cancel()
            service.gate.set()
            others = [asyncio.CancelledError if place == gone else outcome for place, outcome in enumerate(expected)]
            assert others == await outcomes(*requests)
            assert undisturbed.rpcs == service.rpcs  # what was admitted is sent: its client cannot know that it was not


async def test_an_entry_that_waited_too_long_fails_and_is_not_sent_late(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service()
    requests = await under_way(service, "a", "old", "older")
    advance(monkeypatch, seconds=10.1)
    service.gate.set()
    assert [(["A"], 1), Unavailable, Unavailable] == await outcomes(*requests)
    assert [["a"]] == service.rpcs


async def test_entries_within_the_time_limit_are_sent_without_the_expired_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service()
    group_commit = GroupCommit(service.send, LARGE_LIMITS)
    service.gate.clear()
    requests = [asyncio.create_task(group_commit.submit(["a"], 1))]
    for item in ("old", "younger", "youngest"):
        await asyncio.sleep(0)  # so that what came before has come
        advance(monkeypatch, seconds=4.0)
        requests.append(asyncio.create_task(group_commit.submit([item], 1)))
    await asyncio.sleep(0)
    advance(monkeypatch, seconds=4.0)
    service.gate.set()
    assert [(["A"], 1), Unavailable, (["YOUNGER"], 2), (["YOUNGEST"], 2)] == await outcomes(*requests)
    assert [["a"], ["younger", "youngest"]] == service.rpcs


def advance(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    clock = loop.time
    monkeypatch.setattr(loop, "time", lambda: clock() + seconds)
