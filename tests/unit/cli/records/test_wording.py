"""What the API says reaches the user in the words of the command line."""

from typing import TYPE_CHECKING

import pytest

from data_api.records.commands import get, list_records
from data_api.records.sending.command import send

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.cli.records.conftest import Call, FakeApi, Handler

    Reject = Callable[..., Handler]

ID = "0123456789abcdef0123456789abcdef"


def test_a_record_that_is_not_stored_yet_is_waited_for_by_an_option(
    call: "Call", api: "FakeApi", reject: "Reject"
) -> None:
    message = "You have no record of this id, or not yet. Send Prefer: wait=10 to wait for one just posted."
    api.next_handlers = [reject(404, message)]
    expected = "Error: You have no record of this id, or not yet. Add --wait 10 to wait for one just posted.\n"
    assert expected == call(get, ID).stderr


@pytest.mark.parametrize(
    ("field", "option"),
    [
        ("pageSize", "--limit or --page-size"),
        ("since", "--since"),
        ("until", "--until"),
        ("order", "--order"),
        ("pageToken", "the page token"),
    ],
)
def test_parameters_are_named_as_options(
    call: "Call", api: "FakeApi", reject: "Reject", field: str, option: str
) -> None:
    message = "The query is invalid. Fix the parameters named in details."
    api.next_handlers = [reject(400, message, [{"field": field, "problem": "is out of range"}])]
    expected = f"Error: The query is invalid. Fix the parameters named below.\n  {option} is out of range\n"
    assert expected == call(list_records).stderr


def test_the_idempotency_key_is_named_as_an_option(call: "Call", api: "FakeApi", reject: "Reject") -> None:
    details = [{"field": "Idempotency-Key", "problem": "must be 1 to 255 visible ASCII characters, without spaces"}]
    api.next_handlers = [reject(400, "The Idempotency-Key is invalid.", details)]
    assert [
        "Error: The --idempotency-key is invalid.",
        "  --idempotency-key must be 1 to 255 visible ASCII characters, without spaces",
    ] == call(send, "{}").stderr.splitlines()


def test_a_retry_that_the_client_makes_itself_is_not_advised(call: "Call", api: "FakeApi", reject: "Reject") -> None:
    api.next_handlers = [reject(503, "Temporarily unavailable. Retry with the same Idempotency-Key.")]
    assert "Temporarily unavailable. Trying again in 0.5 s.\n" == call(list_records).stderr


def test_several_records_are_given_as_arguments_or_in_a_file(call: "Call", api: "FakeApi", reject: "Reject") -> None:
    several = "To send several records, use content-type application/x-ndjson with one record a line."
    api.next_handlers = [reject(400, "The record is invalid.", [{"field": "", "problem": f"is an array. {several}"}])]
    expected = "  is an array. To send several records, give each as an argument, or a file with one record a line."
    assert expected == call(send, "[]").stderr.splitlines()[1]


def test_a_pointer_into_a_record_stays_as_it_is(call: "Call", api: "FakeApi", reject: "Reject") -> None:
    api.next_handlers = [reject(400, "The record is invalid.", [{"field": "/since", "problem": "is required"}])]
    assert "  /since is required" == call(send, "{}").stderr.splitlines()[1]
