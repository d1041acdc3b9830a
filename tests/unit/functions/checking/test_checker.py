"""Tests where records are checked: small ones in this process, the others in a process of their own."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from dataapi.checking.checker import MAX_AT_ONCE, Checker, expected_microseconds
from dataapi.errors import Problem, Unavailable
from dataapi.records import rules, schema

SCHEMA = Path(__file__).parents[3] / "support" / "schemas" / "two_texts.schema.json"
SMALL = b'{"informationOne": "first", "informationTwo": "second"}'
BAD_LINES = [b"[]", b"not json", b'{"informationOne": 1, "informationTwo": ""}']


def large(size: int = 200_000) -> bytes:
    return b'{"informationOne": "%s", "informationTwo": "second"}' % (b"x" * size)


@pytest.fixture
async def checker() -> AsyncIterator[Checker]:
    result = Checker(SCHEMA, schema.load(SCHEMA))
    yield result
    await result.stop()


def processes() -> list[psutil.Process]:
    """Those that check records."""
    return [child for child in psutil.Process().children() if "dataapi.checking.program" in child.cmdline()]


async def test_small_records_are_checked_without_a_process(checker: Checker) -> None:
    assert {} == await checker.check([SMALL] * 50)
    assert {0, 1, 2} == (await checker.check(BAD_LINES)).keys()
    assert [] == processes()


async def test_large_records_are_checked_by_one_process(checker: Checker) -> None:
    assert [{}] * 5 == await asyncio.gather(*(checker.check([large()] * 3) for _ in range(5)))
    assert 1 == len(processes())


async def test_the_process_finds_the_same_as_a_check_in_place(checker: Checker) -> None:
    records = [SMALL, *BAD_LINES, large(), large(rules.MAX_RECORD_BYTES), b"{}", large()[:-1]] * 3
    found = await checker.check(records)
    assert [1, 2, 3, 5, 6, 7] == [position for position in found if position < 8]
    assert {position: rules.problems(records[position], schema.load(SCHEMA)) for position in found} == found


async def test_at_most_100_problems_are_passed_on_for_each_group(checker: Checker) -> None:
    found = await checker.check([b'{"__%d__": 1}' % number for number in range(1_000)])
    named = [problem for problems in found.values() for problem in problems]
    assert (1_000, 100) == (len(found), len(named))
    assert Problem("/__0__", "is a reserved name: no name may begin and end with two underscores") == named[0]


async def test_the_process_waits_rather_than_a_request(checker: Checker) -> None:
    await checker.check([large()])
    [process] = processes()
    assert os.getpriority(os.PRIO_PROCESS, 0) < os.getpriority(os.PRIO_PROCESS, process.pid)


async def test_if_the_process_dies_its_requests_fail_and_the_next_gets_a_new_one(checker: Checker) -> None:
    await checker.check([large()])
    [first] = processes()
    first.suspend()
    waiting = asyncio.ensure_future(checker.check([large()]))
    await asyncio.sleep(0)
    first.kill()
    with pytest.raises(Unavailable, match="could not be checked; nothing was stored"):
        await waiting
    assert {} == await checker.check([large()])
    [second] = processes()
    assert first.pid != second.pid


async def test_a_process_that_cannot_be_started_is_an_error_for_the_time_being(
    checker: Checker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(checker, "_command", ["/no/such/program"])
        with pytest.raises(Unavailable):
            await checker.check([large()])
    assert {} == await checker.check([large()])


async def test_a_process_that_takes_too_long_is_ended_and_its_answer_reaches_nobody_else(
    checker: Checker, monkeypatch: pytest.MonkeyPatch
) -> None:
    await checker.check([large()])
    [process] = processes()
    process.suspend()
    with monkeypatch.context() as patch:
        patch.setattr("dataapi.checking.checker.MAX_SECONDS", 0.01)
        with pytest.raises(Unavailable, match="could not be checked"):
            await checker.check([b"[]" * 10_000])
    assert {} == await checker.check([large()])


async def test_the_answer_to_a_request_that_was_cancelled_reaches_nobody_else(checker: Checker) -> None:
    await checker.check([large()])
    [process] = processes()
    process.suspend()
    cancelled = asyncio.create_task(checker.check([b"[]" * 10_000]))
    await asyncio.sleep(0)  # it has written its records, and waits for the answer
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    assert {} == await checker.check([large()])


async def test_a_request_whose_turn_comes_too_late_fails_and_the_process_goes_on(
    checker: Checker, monkeypatch: pytest.MonkeyPatch
) -> None:
    await checker.check([large()])
    before = processes()
    with monkeypatch.context() as patch:
        patch.setattr("dataapi.checking.checker.MAX_SECONDS", -1.0)
        with pytest.raises(Unavailable, match="Too many large requests"):
            await checker.check([large()])
    assert {} == await checker.check([large()])
    assert before == processes()


async def test_between_two_groups_of_one_request_others_have_their_turn(checker: Checker) -> None:
    ended: list[str] = []

    async def check(name: str, count: int) -> None:
        await checker.check([large()] * count)
        ended.append(name)

    await asyncio.gather(check("many", 30), check("one", 1))
    assert ["one", "many"] == ended


def test_what_is_checked_in_place_is_estimated_by_what_costs_time() -> None:
    costly = [
        b'{"a":[' + b",".join([b"1"] * 2_000) + b"]}",
        b'{"a":[' + b",".join([b'{"a":1}'] * 200) + b"]}",
        b'{"a":' * 250 + b"1" + b"}" * 250,
        b"[" * 300,
        b'{"a":' + b"9" * 4_300 + b"}",
        large(40_000),
    ]
    assert [True] * len(costly) == [expected_microseconds(record) > MAX_AT_ONCE for record in costly]
    assert expected_microseconds(large(10_000)) < MAX_AT_ONCE
    assert 60 * expected_microseconds(SMALL) < MAX_AT_ONCE
