"""Tests that the memory of bodies is released, whatever happens to the requests."""

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect

from dataapi.errors import TooLarge, Unavailable
from dataapi.http.admission_control import AdmissionControl
from tests.support.functions.calls import request

OVERHEAD = 4_096  # bytes that a request counts besides its body


class HandlerError(Exception):
    """An error that a handler raises."""


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.lists(st.binary(max_size=6), max_size=4), st.booleans(), st.booleans()), max_size=8),
    st.integers(1, 60),
)
async def test_all_memory_is_released_whatever_the_requests_are(
    requests: list[tuple[list[bytes], bool, bool]], capacity: int
) -> None:
    admission = AdmissionControl(OVERHEAD + capacity)
    for pieces, gone, fails in requests:
        posted = request("POST", "/data", {}, pieces, gone=gone)
        with suppress(TooLarge, Unavailable, ClientDisconnect, HandlerError):
            async with admission.body(posted, 10, "The record") as body:
                assert b"".join(pieces) == body
                if fails:
                    raise HandlerError
    async with admission.body(request("POST", "/data", {}, b"x" * capacity), capacity, "The record") as body:
        assert capacity == len(body)
