"""Tests which bodies are admitted, and that their memory is released in any case."""

import asyncio
from typing import Any, cast

import pytest
from starlette.requests import ClientDisconnect, Request

from dataapi.errors import RequestTimeout, TooLarge, TooManyRequests, Unavailable
from dataapi.http.admission_control import CAPACITY, AdmissionControl
from tests.support.functions.calls import request

OVERHEAD = 4_096  # bytes that a request counts besides its body
LIMIT = 10
TOO_LARGE = r"^The record is over the limit of 10 bytes\. Send less at once\.$"
FULL = r"^Too many requests are in progress; nothing was stored\. Retry\.$"


class HandlerError(Exception):
    """An error that a handler raises."""


async def admitted(admission: AdmissionControl, *pieces: bytes, announced: str = "", gone: bool = False) -> bytes:
    headers = {"content-length": announced} if announced else {}
    posted = request("POST", "/data", headers, pieces, gone=gone)
    async with admission.body(posted, LIMIT, "The record") as body:
        return body


async def assert_nothing_is_held(admission: AdmissionControl, capacity: int) -> None:
    """A body that fills the admission to the last byte is admitted."""
    size = capacity - OVERHEAD
    async with admission.body(request("POST", "/data", {}, b"x" * size), size, "The record") as body:
        assert size == len(body)


async def test_a_body_of_just_the_limit_is_admitted_in_however_many_pieces(subtests: pytest.Subtests) -> None:
    for pieces in ([b"0123456789"], [b"01234", b"", b"56789"], [b"0", b"12345678", b"9"]):
        with subtests.test(pieces=pieces):
            assert b"0123456789" == await admitted(AdmissionControl(), *pieces)
            assert b"0123456789" == await admitted(AdmissionControl(), *pieces, announced="10")


async def test_no_body_is_an_empty_one() -> None:
    assert b"" == await admitted(AdmissionControl())


async def test_a_content_length_over_the_limit_is_rejected_before_the_body_is_read() -> None:
    with pytest.raises(TooLarge, match=TOO_LARGE):
        await admitted(AdmissionControl(), announced="11", gone=True)  # reading it would find that the client is gone


@pytest.mark.parametrize("announced", ["", "10", "0", "many", "-1", "+11"])
async def test_a_body_over_the_limit_is_rejected_whatever_its_content_length(announced: str) -> None:
    with pytest.raises(TooLarge, match=TOO_LARGE):
        await admitted(AdmissionControl(), b"0123456789x", announced=announced)
    with pytest.raises(TooLarge, match=TOO_LARGE):
        await admitted(AdmissionControl(), b"01234", b"56789", b"x", announced=announced)


async def test_a_body_that_goes_on_without_end_is_read_no_further_than_the_limit() -> None:
    with pytest.raises(TooLarge):
        await admitted(AdmissionControl(), b"0123456789x", b"not asked for", gone=True)


async def test_a_body_that_exceeds_the_memory_limit_is_unavailable() -> None:
    admission = AdmissionControl(capacity=2 * OVERHEAD + 15)
    async with admission.body(request("POST", "/data", {}, b"0123456789"), LIMIT, "The record"):
        assert b"01234" == await admitted(admission, b"01234")
        with pytest.raises(Unavailable, match=FULL):
            await admitted(admission, b"01234", b"5")
        async with admission.body(request("POST", "/data", {}, b"01234"), LIMIT, "The record"):
            with pytest.raises(Unavailable, match=FULL):
                await admitted(admission)  # not even a request without a body
    await assert_nothing_is_held(admission, 2 * OVERHEAD + 15)


async def test_bytes_are_given_back_after_success() -> None:
    admission = AdmissionControl(capacity=OVERHEAD + LIMIT)
    for _ in range(3):
        assert b"0123456789" == await admitted(admission, b"0123456789")


async def test_bytes_are_given_back_after_a_failure_of_the_handler() -> None:
    admission = AdmissionControl(capacity=OVERHEAD + LIMIT)
    with pytest.raises(HandlerError):
        async with admission.body(request("POST", "/data", {}, b"0123456789"), LIMIT, "The record"):
            raise HandlerError
    await assert_nothing_is_held(admission, OVERHEAD + LIMIT)


async def test_bytes_are_given_back_when_the_client_goes_away() -> None:
    admission = AdmissionControl(capacity=OVERHEAD + LIMIT)
    with pytest.raises(ClientDisconnect):
        await admitted(admission, b"01234", gone=True)
    await assert_nothing_is_held(admission, OVERHEAD + LIMIT)


def stalled(*pieces: bytes) -> tuple[Request, asyncio.Event]:
    """A request whose body stops after the pieces, and an event that is set once it has stopped."""
    coming = iter(pieces)
    stopped = asyncio.Event()

    async def receive() -> dict[str, Any]:
        for piece in coming:
            return {"type": "http.request", "body": piece, "more_body": True}
        stopped.set()
        await asyncio.Event().wait()
        raise AssertionError

    return Request({"type": "http", "method": "POST", "path": "/data", "headers": []}, receive), stopped


async def upload(admission: AdmissionControl, posted: Request, user_id: str) -> bytes:
    async with admission.body(posted, 8 * 2**20, "The batch", user_id) as body:
        return body


async def test_a_body_that_stalls_times_out_and_its_bytes_are_given_back() -> None:
    admission = AdmissionControl(OVERHEAD + LIMIT, max_seconds=0.05)
    for pieces in ([], [b"01234"]):
        posted, _ = stalled(*pieces)
        with pytest.raises(RequestTimeout, match="took too long"):
            async with admission.body(posted, LIMIT, "The record"):
                raise AssertionError
        assert 0 == cast("asyncio.Task[None]", asyncio.current_task()).cancelling()
    await assert_nothing_is_held(admission, OVERHEAD + LIMIT)


async def test_each_body_has_its_own_time() -> None:
    admission = AdmissionControl(max_seconds=0.1)
    first, first_stopped = stalled()
    second, second_stopped = stalled()
    early = asyncio.create_task(upload(admission, first, "ada"))
    await first_stopped.wait()
    async with admission.body(request("POST", "/data", {}, b"0"), LIMIT, "The record"):
        await asyncio.sleep(0.05)
    late = asyncio.create_task(upload(admission, second, "ada"))
    await second_stopped.wait()
    await asyncio.wait([early])
    assert not late.done()
    await asyncio.wait([late])
    assert [RequestTimeout, RequestTimeout] == [type(task.exception()) for task in (early, late)]


async def test_a_request_that_is_cancelled_while_its_body_arrives_has_not_timed_out() -> None:
    admission = AdmissionControl()
    posted, stopped = stalled(b"01234")
    task = asyncio.create_task(upload(admission, posted, "ada"))
    await stopped.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await assert_nothing_is_held(admission, CAPACITY)


async def test_stalled_bodies_of_one_user_leave_room_for_every_other() -> None:
    admission = AdmissionControl()
    mebibyte = bytes(2**20)
    uploads = [stalled(*[mebibyte] * 4) for _ in range(15)]
    tasks = [asyncio.create_task(upload(admission, posted, "eve")) for posted, _ in uploads]
    await asyncio.sleep(0)
    refused = [task for task in tasks if task.done()]
    assert {TooManyRequests} == {type(task.exception()) for task in refused}
    assert 7 == len(tasks) - len(refused)  # 28 MiB and the overhead: an eighth would be more than half
    for user_id in ("ada", "bob"):
        body = await upload(admission, request("POST", "/data", {}, [mebibyte] * 8), user_id)
        assert 8 * 2**20 == len(body)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await assert_nothing_is_held(admission, CAPACITY)


async def test_a_user_who_holds_nothing_yet_is_not_to_blame_for_a_full_instance() -> None:
    admission = AdmissionControl(2 * OVERHEAD)
    async with admission.body(request("POST", "/", {}, b"x"), LIMIT, "The push"):
        with pytest.raises(Unavailable, match=FULL):
            await upload(admission, request("POST", "/data"), "ada")
