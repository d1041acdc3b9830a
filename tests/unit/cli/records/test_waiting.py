"""`data-api send --wait` returns when all records are stored, and names those that became dead letters."""

import json
from typing import TYPE_CHECKING

from data_api.records.sending.command import send

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.cli.records.conftest import Call, FakeApi, Handler

    Reject = Callable[..., Handler]


def ndjson(count: int) -> bytes:
    return b"".join(b'{"n": %d}\n' % number for number in range(1, count + 1))


def test_it_returns_when_every_record_is_stored(call: "Call", api: "FakeApi") -> None:
    api.late_by = 2
    result = call(send, "--wait", stdin=ndjson(1_200))
    shown = "1,200 records were accepted.\n1,200 records were stored.\n"
    assert (0, shown, "") == (result.exit_code, result.stdout, result.stderr)
    assert dict.fromkeys(api.stored, 3) == api.gets
    assert {"wait=3"} == {request.headers["prefer"] for request in api.requests if request.method == "GET"}


def test_few_records_are_shown_with_their_receipts(call: "Call", api: "FakeApi") -> None:
    result = call(send, "{}", "{}", "--wait")
    assert list(api.stored) == [line.split("\t")[0] for line in result.stdout.splitlines()]
    as_json = call(send, "{}", "--wait", "--json")
    assert list(api.stored)[-1:] == [json.loads(line)["id"] for line in as_json.stdout.splitlines()]
    assert 3 == len(api.gets)


def test_without_it_no_record_is_read(call: "Call", api: "FakeApi") -> None:
    call(send, "{}")
    assert {} == api.gets


def test_dead_letters_are_named_with_their_reason_and_position(call: "Call", api: "FakeApi") -> None:
    api.late_by, api.dead_letters = 1, (3, 1_100)
    result = call(send, "--wait", stdin=b"\n" + ndjson(1_200))
    ids = {record["data"]["n"]: record_id for record_id, record in api.stored.items()}
    shown = "1,200 records were accepted.\n1,198 records were stored.\n"
    assert (6, shown) == (result.exit_code, result.stdout)
    assert [
        "Error: 2 of 1,200 records could not be stored.",
        "  This record is a dead letter: Firestore rejected the write.",
        f"    line 4: {ids[3]}",
        f"    line 1101: {ids[1_100]}",
    ] == result.stderr.splitlines()


def test_a_single_dead_letter_is_named_by_its_id(call: "Call", api: "FakeApi") -> None:
    api.dead_letters = (1,)
    result = call(send, '{"n": 1}', "--wait")
    assert 6 == result.exit_code
    assert f"    {next(iter(api.stored))}" == result.stderr.splitlines()[-1]


def test_another_error_says_how_many_are_on_their_way(call: "Call", api: "FakeApi", reject: "Reject") -> None:
    api.next_handlers = [api.accept, *[reject(403, "This needs the role data.read.")] * 40]
    result = call(send, *["{}"] * 40, "--wait")
    assert 4 == result.exit_code
    error, summary = result.stderr.splitlines()
    assert "Error: This needs the role data.read." == error
    assert summary.startswith("Records accepted: 40; not known to be stored yet: 40. ")
