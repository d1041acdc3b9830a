"""`data-api send --check`: all records are checked by the API's rules, and nothing is sent."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from data_api.records.sending import checking
from data_api.records.sending.command import send
from data_api.shared import record_schema
from tests.support.records import REQUIRED, SAMPLE

if TYPE_CHECKING:
    from tests.unit.cli.records.conftest import Call, Environment, FakeApi

GOOD = json.dumps(SAMPLE)


def test_valid_records_are_counted_and_not_sent(call: "Call", api: "FakeApi", environment: "Environment") -> None:
    assert "All 2,500 records are valid.\n" == call(send, "--check", stdin=f"{GOOD}\n".encode() * 2_500).stdout
    assert "The record is valid.\n" == call(send, GOOD, "--check").stdout
    assert ([], []) == (api.requests, environment.users)


def test_every_invalid_line_is_named_at_once(call: "Call", api: "FakeApi") -> None:
    bad = [b"{}", b"not json", b"[]", b'"%s"' % (b"x" * 256 * 2**10), b'{"a": NaN}', b'{"a": 1, "a": 2}', b"\xff"]
    lines = [b"", *[GOOD.encode()] * 1_500, *bad, GOOD.encode()]
    result = call(send, "--check", stdin=b"\n".join(lines))
    *problems, summary = result.stderr.splitlines()
    assert (7, "", []) == (result.exit_code, result.stdout, api.requests)
    assert "Error: 7 of 1,508 records are invalid; nothing was sent." == summary
    assert [
        *[f"  line 1502: /{name} is required" for name in REQUIRED],
        "  line 1503: is not JSON: Expecting value at line 1, column 1",
        "  line 1504: must be a JSON object",
        "  line 1505: is over the limit of 262,144 bytes",
        "  line 1506: is not JSON: NaN is not JSON",
        "  line 1507: is not JSON: an object has a duplicate name",
        "  line 1508: is not JSON: not UTF-8 at byte 0",
    ] == problems


def test_a_single_record_needs_no_number(call: "Call") -> None:
    result = call(send, "{}", "--check")
    assert [*[f"  /{name} is required" for name in REQUIRED]] == result.stderr.splitlines()[:-1]
    assert "Error: 1 of 1 record is invalid; nothing was sent." == result.stderr.splitlines()[-1]


def test_no_name_of_a_record_controls_the_terminal(call: "Call") -> None:
    result = call(send, json.dumps({**SAMPLE, "__\x1b[2J__": 1}), "--check")
    assert 7 == result.exit_code
    assert "/__\\x1b[2J__ is a reserved name" in result.stderr
    assert "\x1b" not in result.stderr


def test_an_input_without_records_is_said(call: "Call") -> None:
    result = call(send, "--check", stdin=b"\n")
    assert (0, "", "There are no records in standard input.\n") == (result.exit_code, result.stdout, result.stderr)


def test_an_input_that_cannot_be_split_ends_the_check(call: "Call") -> None:
    result = call(send, "--check", stdin=b"{}\n" + b"x" * (8 * 2**20 + 1))
    assert 7 == result.exit_code
    assert "Error: Line 2 is over 8,388,608 bytes, the limit of one request; shorten it." in result.stderr


def test_checking_and_waiting_cannot_be_combined(call: "Call", api: "FakeApi") -> None:
    result = call(send, GOOD, "--check", "--wait")
    assert (2, []) == (result.exit_code, api.requests)


def test_rules_that_cannot_be_run_are_one_sentence(
    call: "Call", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = tmp_path / "record.schema.json"
    schema.write_text('{"type": "nothing"}')
    monkeypatch.setattr(checking, "_PROGRAM", (*checking._PROGRAM[:-1], str(schema)))  # noqa: SLF001 - another schema
    result = call(send, "--check", stdin=f"{GOOD}\n".encode() * 50_000)
    assert 1 == result.exit_code
    assert result.stderr.startswith("Error: The records cannot be checked (")
    assert result.stderr.endswith(f"correct {record_schema.PATH}, or run `make setup`.\n")


def test_outside_a_clone_the_check_says_so(call: "Call", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "_FUNCTIONS", tmp_path / "functions")
    result = call(send, GOOD, "--check")
    assert (1, True) == (result.exit_code, "run it in a clone" in result.stderr)
