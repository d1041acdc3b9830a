"""`data-api send`: what is sent, what is said."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from data_api.records import output
from data_api.records.commands import send

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.cli.records.conftest import Answer, Call, FakeApi, World

    Refuse = Callable[..., Answer]

SAMPLE = '{"informationOne": "first", "informationTwo": "second"}'
AGAIN = "Running the same command again is safe: what was accepted is not stored twice."


def ndjson(count: int) -> bytes:
    return b"".join(b'{"n": %d}\n' % number for number in range(1, count + 1))


def closes(request: httpx.Request) -> httpx.Response:
    raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)


def test_one_argument_is_posted_as_it_was_typed(call: "Call", api: "FakeApi") -> None:
    told = call(send, SAMPLE)

    [request] = api.requests
    [record_id] = api.stored
    assert ("POST", "http://127.0.0.1:8080/data") == (request.method, str(request.url))
    assert ("application/json", SAMPLE.encode()) == (request.headers["content-type"], request.content)
    assert f"{record_id}\t2026-01-31T12:00:00.000000Z\n" == told.stdout
    assert (0, "") == (told.exit_code, told.stderr)


def test_the_same_argument_sent_twice_is_two_records(call: "Call", api: "FakeApi") -> None:
    call(send, SAMPLE)
    call(send, SAMPLE)
    assert 2 == len(api.stored)


def test_several_arguments_are_one_batch(call: "Call", api: "FakeApi") -> None:
    told = call(send, SAMPLE, '{\n"a": 1}', SAMPLE)

    [request] = api.requests
    assert "application/x-ndjson" == request.headers["content-type"]
    assert f'{SAMPLE}\n{{ "a": 1}}\n{SAMPLE}'.encode() == request.content
    assert list(api.stored) == [line.split("\t")[0] for line in told.stdout.splitlines()]


def test_a_file_sent_twice_is_stored_once_and_its_equal_lines_twice(
    call: "Call", api: "FakeApi", tmp_path: Path
) -> None:
    file = tmp_path / "events.ndjson"
    file.write_bytes(b'{"a": 1}\n' * 1_100)

    for told in (call(send, "--file", str(file)), call(send, "-f", str(file))):
        assert "1,100 records were accepted.\n" == told.stdout
    assert 1_100 == len(api.stored)
    assert [1_000, 100] * 2 == [request.content.count(b"{") for request in api.requests]


def test_few_receipts_are_shown_and_many_are_counted(call: "Call", api: "FakeApi") -> None:
    few = call(send, *["{}"] * 20)
    assert list(api.stored) == [line.split("\t")[0] for line in few.stdout.splitlines()]
    assert "21 records were accepted.\n" == call(send, *["{}"] * 21).stdout


def test_of_many_receipts_only_the_first_are_held() -> None:
    kept: list[dict[str, Any]] = []
    for start in (0, 15, 30):
        output.keep_few(kept, [{"id": str(number)} for number in range(start, start + 15)])
    assert [str(number) for number in range(20)] == [receipt["id"] for receipt in kept]


def test_an_array_and_standard_input_are_read(call: "Call", api: "FakeApi") -> None:
    told = call(send, "--file", "-", "--json", given=b'[{"a": 1.50}, {"b": 2}]')

    assert b'{"a": 1.50}\n{"b": 2}' == api.requests[0].content
    receipts = [json.loads(line) for line in told.stdout.splitlines()]
    assert [{"id", "createdAt"}] * 2 == [set(receipt) for receipt in receipts]
    assert list(api.stored) == [receipt["id"] for receipt in receipts]


def test_a_given_key_names_the_request_and_the_batches_that_follow(call: "Call", api: "FakeApi") -> None:
    call(send, "--file", "-", "--idempotency-key", "mine", given=ndjson(1_001))
    assert ["mine", "mine/2"] == [request.headers["idempotency-key"] for request in api.requests]
    assert ["application/x-ndjson", "application/json"] == [each.headers["content-type"] for each in api.requests]


@pytest.mark.parametrize("key", ["", "with space", "ä", "k" * 241])
def test_a_key_that_the_api_would_not_take_is_refused_before_anything_is_sent(
    call: "Call", api: "FakeApi", key: str
) -> None:
    told = call(send, SAMPLE, "--idempotency-key", key)
    assert (2, []) == (told.exit_code, api.requests)
    assert "must be 1 to 240 visible ASCII characters" in told.stderr


def test_what_passes_is_tried_again_with_the_same_key(
    call: "Call", api: "FakeApi", world: "World", refuse: "Refuse"
) -> None:
    busy = refuse(503, "Too much is under way here; nothing was kept. Try again.", (), **{"retry-after": "7"})
    api.next_answers = [busy, closes, refuse(429, "Slow down.")]

    told = call(send, SAMPLE)

    assert (0, 1) == (told.exit_code, len(api.stored))
    assert [7, 1, 2] == world.waits
    assert 4 == len(api.requests)
    assert 1 == len({request.headers["idempotency-key"] for request in api.requests})
    assert [
        "Too much is under way here; nothing was kept. Try again. Trying again in 7 s.",
        "http://127.0.0.1:8080 does not answer (Server disconnected without sending a response.). Trying again in 1 s.",
        "Slow down. Trying again in 2 s.",
    ] == told.stderr.splitlines()


def test_a_fault_that_lasts_is_told_with_what_was_accepted(
    call: "Call", api: "FakeApi", world: "World", refuse: "Refuse"
) -> None:
    def accepts(_request: httpx.Request) -> httpx.Response:
        api.next_answers = [refuse(503, "Not now.")] * 100
        return httpx.Response(202, json={"records": [{"id": "a", "createdAt": "2026-01-31T12:00:00Z"}] * 1_000})

    api.next_answers = [accepts]

    told = call(send, "--file", "-", given=b"\n" + ndjson(2_500))

    assert 1 == told.exit_code
    assert 50 < sum(world.waits) <= 60
    assert ["Error: Not now.", f"1,000 records were accepted, up to line 1001. {AGAIN}"] == told.stderr.splitlines()[
        -2:
    ]
    assert "" == told.stdout


def test_arguments_whose_end_is_unknown_can_be_sent_again_with_the_key_they_had(call: "Call", api: "FakeApi") -> None:
    api.next_answers = [closes] * 100
    told = call(send, SAMPLE)

    key = api.requests[0].headers["idempotency-key"]
    assert (
        "No record was accepted, as far as is known. To send them again without storing any twice, "
        f"add --idempotency-key {key} to the same command." == told.stderr.splitlines()[-1]
    )


def test_bad_lines_are_named_by_their_place_in_the_file(call: "Call", api: "FakeApi", refuse: "Refuse") -> None:
    details: list[dict[str, Any]] = [
        {"line": 1, "field": "/informationTwo", "problem": "is required"},
        {"line": 3, "field": "", "problem": "is not JSON: it ends too early"},
    ]
    first_batch = ndjson(1_000).replace(b"\n", b"\n\n")
    api.next_answers = [api.accept, refuse(400, "2 of 3 records are refused.", details)]

    told = call(send, "--file", "-", given=first_batch + b'{"a": 1}\n\n{"b": 2}\n{"c"')

    assert 1 == told.exit_code
    assert [
        "Error: 2 of 3 records are refused.",
        "  line 2001: /informationTwo is required",
        "  line 2004: is not JSON: it ends too early",
        f"1,000 records were accepted, up to line 1999. {AGAIN}",
    ] == told.stderr.splitlines()
    assert 2 == len(api.requests)


def test_a_line_that_the_request_never_had_is_told_without_a_number(
    call: "Call", api: "FakeApi", refuse: "Refuse"
) -> None:
    details = [{"line": line, "field": "", "problem": "is odd"} for line in (0, 3)]
    api.next_answers = [refuse(400, "Refused.", details)]
    told = call(send, "{}", "{}")
    assert (1, ["Error: Refused.", "  is odd", "  is odd"]) == (told.exit_code, told.stderr.splitlines())


def test_the_problems_of_one_record_need_no_number(call: "Call", api: "FakeApi", refuse: "Refuse") -> None:
    api.next_answers = [refuse(400, "The record is refused.", [{"field": "/informationTwo", "problem": "is required"}])]
    told = call(send, "{}")
    assert ["Error: The record is refused.", "  /informationTwo is required"] == told.stderr.splitlines()


def test_ctrl_c_says_what_was_accepted_and_ends_with_130(call: "Call", api: "FakeApi") -> None:
    def interrupts(_request: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    api.next_answers = [api.accept, interrupts]
    told = call(send, "--file", "-", given=ndjson(1_500))
    assert 130 == told.exit_code
    assert f"\nStopped. 1,000 records were accepted, up to line 1000. {AGAIN}\n" == told.stderr


def test_an_input_without_records_sends_nothing_and_is_no_failure(call: "Call", api: "FakeApi") -> None:
    told = call(send, "--file", "-", "--json", given=b" \n")
    assert (0, "", []) == (told.exit_code, told.stdout, api.requests)
    assert "There are no records in standard input; nothing was sent.\n" == told.stderr


def test_the_help_shows_commands_that_can_be_pasted(call: "Call") -> None:
    shown = [line.strip() for line in call(send, "--help").stdout.splitlines()]
    assert f"data-api send '{SAMPLE}'" in shown
    assert "data-api send --file events.ndjson" in shown


@pytest.mark.parametrize("arguments", [[], [SAMPLE, "--file", "-"]])
def test_records_come_from_arguments_or_from_a_file(call: "Call", api: "FakeApi", arguments: list[str]) -> None:
    told = call(send, *arguments)
    assert (2, []) == (told.exit_code, api.requests)
    assert "Give records as arguments or with --file (- reads standard input)." in told.stderr


def test_a_line_too_long_stops_after_what_was_accepted(call: "Call") -> None:
    told = call(send, "--file", "-", given=ndjson(1_200) + b"x" * (8 * 2**20 + 1))
    assert 1 == told.exit_code
    assert [
        "Error: Line 1201 is over 8,388,608 bytes, more than one request may contain; shorten it.",
        f"1,000 records were accepted, up to line 1000. {AGAIN}",
    ] == told.stderr.splitlines()
