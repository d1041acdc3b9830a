"""`data-api send`: the requests it sends and what it prints."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from data_api.records import output
from data_api.records.sending.command import send

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.cli.records.conftest import Call, Environment, FakeApi, Handler

    Reject = Callable[..., Handler]

SAMPLE = '{"informationOne": "first", "informationTwo": "second"}'
SAFE = "Running the same command again is safe: accepted records are not stored twice."


def ndjson(count: int) -> bytes:
    return b"".join(b'{"n": %d}\n' % number for number in range(1, count + 1))


def closes(request: httpx.Request) -> httpx.Response:
    raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)


def test_one_argument_is_posted_as_it_was_typed(call: "Call", api: "FakeApi") -> None:
    result = call(send, SAMPLE)

    [request] = api.requests
    [record_id] = api.stored
    assert ("POST", "http://127.0.0.1:8080/data") == (request.method, str(request.url))
    assert ("application/json", SAMPLE.encode()) == (request.headers["content-type"], request.content)
    assert f"{record_id}\t2026-01-31T12:00:00.000000Z\n" == result.stdout
    assert (0, "") == (result.exit_code, result.stderr)


def test_the_same_argument_sent_twice_is_two_records(call: "Call", api: "FakeApi") -> None:
    call(send, SAMPLE)
    call(send, SAMPLE)
    assert 2 == len(api.stored)


def test_several_arguments_are_one_batch(call: "Call", api: "FakeApi") -> None:
    result = call(send, SAMPLE, '{\n"a": 1}', SAMPLE)

    [request] = api.requests
    assert "application/x-ndjson" == request.headers["content-type"]
    assert f'{SAMPLE}\n{{ "a": 1}}\n{SAMPLE}'.encode() == request.content
    assert list(api.stored) == [line.split("\t")[0] for line in result.stdout.splitlines()]


def test_a_file_sent_twice_is_stored_once_and_its_equal_lines_twice(
    call: "Call", api: "FakeApi", tmp_path: Path
) -> None:
    file = tmp_path / "events.ndjson"
    file.write_bytes(b'{"a": 1}\n' * 1_100)

    for result in (call(send, "--file", str(file)), call(send, "-f", str(file))):
        assert "1,100 records were accepted.\n" == result.stdout
    assert 1_100 == len(api.stored)
    assert [1_000, 100] * 2 == [request.content.count(b"{") for request in api.requests]


def test_few_receipts_are_shown_and_many_are_counted(call: "Call", api: "FakeApi") -> None:
    few = call(send, *["{}"] * 20)
    assert list(api.stored) == [line.split("\t")[0] for line in few.stdout.splitlines()]
    assert "21 records were accepted.\n" == call(send, *["{}"] * 21).stdout


def test_of_many_receipts_only_the_first_are_collected() -> None:
    shown: list[dict[str, Any]] = []
    for start in (0, 15, 30):
        output.collect_receipts(shown, [{"id": str(number)} for number in range(start, start + 15)])
    assert [str(number) for number in range(20)] == [receipt["id"] for receipt in shown]


def test_an_array_and_standard_input_are_read(call: "Call", api: "FakeApi") -> None:
    result = call(send, "--file", "-", "--json", stdin=b'[{"a": 1.50}, {"b": 2}]')

    assert b'{"a": 1.50}\n{"b": 2}' == api.requests[0].content
    receipts = [json.loads(line) for line in result.stdout.splitlines()]
    assert [{"id", "createdAt"}] * 2 == [set(receipt) for receipt in receipts]
    assert list(api.stored) == [receipt["id"] for receipt in receipts]


def test_a_given_key_is_used_for_the_first_batch_and_numbered_for_the_others(call: "Call", api: "FakeApi") -> None:
    call(send, "--file", "-", "--idempotency-key", "mine", stdin=ndjson(1_001))
    assert ["mine", "mine/2"] == [request.headers["idempotency-key"] for request in api.requests]
    assert ["application/x-ndjson", "application/json"] == [request.headers["content-type"] for request in api.requests]


@pytest.mark.parametrize("key", ["", "with space", "ä", "k" * 241])
def test_a_key_that_the_api_would_reject_is_rejected_before_anything_is_sent(
    call: "Call", api: "FakeApi", key: str
) -> None:
    result = call(send, SAMPLE, "--idempotency-key", key)
    assert (2, []) == (result.exit_code, api.requests)
    assert "must be 1 to 240 visible ASCII characters" in result.stderr


def test_a_retryable_error_is_retried_with_the_same_key(
    call: "Call", api: "FakeApi", environment: "Environment", reject: "Reject"
) -> None:
    busy = reject(503, "The function has no capacity left; retry.", (), **{"retry-after": "7"})
    api.next_handlers = [busy, closes, reject(429, "Slow down.")]

    result = call(send, SAMPLE)

    assert (0, 1) == (result.exit_code, len(api.stored))
    assert [7, 1, 2] == environment.waits
    assert 4 == len(api.requests)
    assert 1 == len({request.headers["idempotency-key"] for request in api.requests})
    assert [
        "The function has no capacity left; retry. Trying again in 7 s.",
        "http://127.0.0.1:8080 does not answer (Server disconnected without sending a response.). Trying again in 1 s.",
        "Slow down. Trying again in 2 s.",
    ] == result.stderr.splitlines()


def test_an_error_that_does_not_go_away_is_reported_with_what_was_accepted(
    call: "Call", api: "FakeApi", environment: "Environment", reject: "Reject"
) -> None:
    def accepts(_request: httpx.Request) -> httpx.Response:
        api.next_handlers = [reject(503, "Not now.")] * 100
        return httpx.Response(202, json={"records": [{"id": "a", "createdAt": "2026-01-31T12:00:00Z"}] * 1_000})

    api.next_handlers = [accepts]

    result = call(send, "--file", "-", stdin=b"\n" + ndjson(2_500))

    assert 8 == result.exit_code
    assert 50 < sum(environment.waits) <= 60
    assert ["Error: Not now.", f"1,000 records were accepted, up to line 1001. {SAFE}"] == result.stderr.splitlines()[
        -2:
    ]
    assert "" == result.stdout


def test_arguments_with_an_uncertain_outcome_can_be_sent_again_with_the_same_key(call: "Call", api: "FakeApi") -> None:
    api.next_handlers = [closes] * 100
    result = call(send, SAMPLE)

    key = api.requests[0].headers["idempotency-key"]
    assert (
        "No record was confirmed as accepted. To send them again without storing any twice, "
        f"add --idempotency-key {key} to the same command." == result.stderr.splitlines()[-1]
    )


def test_invalid_lines_are_named_by_their_number_in_the_file(call: "Call", api: "FakeApi", reject: "Reject") -> None:
    details: list[dict[str, Any]] = [
        {"line": 1, "field": "/informationTwo", "problem": "is required"},
        {"line": 3, "field": "", "problem": "is not JSON: it ends too early"},
    ]
    first_batch = ndjson(1_000).replace(b"\n", b"\n\n")
    api.next_handlers = [api.accept, reject(400, "2 of 3 records are invalid.", details)]

    result = call(send, "--file", "-", stdin=first_batch + b'{"a": 1}\n\n{"b": 2}\n{"c"')

    assert 7 == result.exit_code
    assert [
        "Error: 2 of 3 records are invalid.",
        "  line 2001: /informationTwo is required",
        "  line 2004: is not JSON: it ends too early",
        f"1,000 records were accepted, up to line 1999. {SAFE}",
    ] == result.stderr.splitlines()
    assert 2 == len(api.requests)


def test_a_line_number_outside_the_batch_is_not_shown(call: "Call", api: "FakeApi", reject: "Reject") -> None:
    details = [{"line": line, "field": "", "problem": "is odd"} for line in (0, 3)]
    api.next_handlers = [reject(400, "Rejected.", details)]
    result = call(send, "{}", "{}")
    assert (7, ["Error: Rejected.", "  is odd", "  is odd"]) == (result.exit_code, result.stderr.splitlines())


def test_the_problems_of_a_single_record_have_no_number(call: "Call", api: "FakeApi", reject: "Reject") -> None:
    api.next_handlers = [
        reject(400, "The record is invalid.", [{"field": "/informationTwo", "problem": "is required"}])
    ]
    result = call(send, "{}")
    assert ["Error: The record is invalid.", "  /informationTwo is required"] == result.stderr.splitlines()


def test_ctrl_c_prints_what_was_accepted_and_exits_with_130(call: "Call", api: "FakeApi") -> None:
    def interrupts(_request: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    api.next_handlers = [api.accept, interrupts]
    result = call(send, "--file", "-", stdin=ndjson(1_500))
    assert 130 == result.exit_code
    assert f"\nStopped. 1,000 records were accepted, up to line 1000. {SAFE}\n" == result.stderr


def test_an_input_without_records_sends_nothing_and_succeeds(call: "Call", api: "FakeApi") -> None:
    result = call(send, "--file", "-", "--json", stdin=b" \n")
    assert (0, "", []) == (result.exit_code, result.stdout, api.requests)
    assert "There are no records in standard input; nothing was sent.\n" == result.stderr


def test_the_help_shows_commands_that_can_be_pasted(call: "Call") -> None:
    shown = [line.strip() for line in call(send, "--help").stdout.splitlines()]
    assert 'data-api send "$(data-api example)"' in shown
    assert "data-api send events.ndjson --check && data-api send events.ndjson --wait" in shown


def test_a_line_that_is_too_long_stops_sending_and_reports_what_was_accepted(call: "Call") -> None:
    result = call(send, "--file", "-", stdin=ndjson(1_200) + b"x" * (8 * 2**20 + 1))
    assert 7 == result.exit_code
    assert [
        "Error: Line 1201 is over 8,388,608 bytes, the limit of one request; shorten it.",
        f"1,000 records were accepted, up to line 1000. {SAFE}",
    ] == result.stderr.splitlines()
