"""A script can tell by the exit code what to do next."""

from typing import TYPE_CHECKING

import httpx
import pytest

from data_api.records.commands import get, list_records
from data_api.records.sending.command import send
from data_api.shared.errors import MEANINGS, ExitCode, exit_code_of_status

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.cli.records.conftest import Call, FakeApi, Handler

    Reject = Callable[..., Handler]

ID = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("status", "exit_code"),
    [(400, 7), (401, 3), (403, 4), (404, 5), (405, 1), (410, 6), (413, 7), (415, 7), (429, 8), (500, 1), (503, 8)],
)
def test_each_status_has_its_exit_code(
    call: "Call", api: "FakeApi", reject: "Reject", status: int, exit_code: int
) -> None:
    api.next_handlers = [reject(status, "No.")] * 100
    assert exit_code == call(get, ID).exit_code
    api.next_handlers = [reject(status, "No.")] * 100
    assert exit_code == call(send, "{}").exit_code


def test_an_api_that_does_not_answer_is_unavailable(call: "Call", api: "FakeApi") -> None:
    def is_closed(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("Connection refused", request=request)

    api.next_handlers = [is_closed] * 100
    assert ExitCode.UNAVAILABLE == call(list_records).exit_code
    assert 1 == len(api.requests)
    deployed = ("--url", "https://api.example.com", "--audience", "theirs")
    assert ExitCode.UNAVAILABLE == call(list_records, *deployed).exit_code


def test_a_rejected_api_key_is_a_rejected_credential(call: "Call", api: "FakeApi", reject: "Reject") -> None:
    message = "INVALID_ARGUMENT: API key not valid. Please pass a valid API key."
    api.next_handlers = [reject(400, message)]
    result = call(list_records, "--api-key", "old")
    assert (3, "Error: The API key was rejected: set a valid one with --api-key or DATA_API_KEY.\n") == (
        result.exit_code,
        result.stderr,
    )


def test_every_exit_code_has_a_meaning_and_no_answer_is_unavailable() -> None:
    assert list(ExitCode) == list(MEANINGS)
    assert (ExitCode.UNAVAILABLE, ExitCode.OTHER) == (exit_code_of_status(0), exit_code_of_status(599))
