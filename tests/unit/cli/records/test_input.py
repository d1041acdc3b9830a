"""Where `send` reads its records: arguments, a file, a pipe."""

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from data_api.records.sending.command import send

if TYPE_CHECKING:
    from tests.unit.cli.records.conftest import Call, FakeApi

RECORDS = b'{"a": 1}\n{"b": 2}\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "events.ndjson"
    path.write_bytes(RECORDS)
    return path


@pytest.mark.parametrize("argument", ["{}", "@{}"])
def test_an_argument_can_be_a_file(call: "Call", api: "FakeApi", file: Path, argument: str) -> None:
    assert 0 == call(send, argument.format(file)).exit_code
    assert RECORDS.strip() == api.requests[0].content


def test_a_file_has_the_same_keys_however_it_is_given(call: "Call", api: "FakeApi", file: Path) -> None:
    call(send, str(file))
    call(send, "--file", str(file))
    call(send, stdin=RECORDS)
    assert 1 == len({request.headers["idempotency-key"] for request in api.requests})
    assert 2 == len(api.stored)


@pytest.mark.parametrize("arguments", [[], ["-"], ["@-"], ["--file", "-"]])
def test_a_pipe_is_read(call: "Call", api: "FakeApi", arguments: list[str]) -> None:
    assert 0 == call(send, *arguments, stdin=RECORDS).exit_code
    assert RECORDS.strip() == api.requests[0].content


def test_json_is_a_record_also_if_a_file_has_this_name(
    call: "Call", api: "FakeApi", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "{}").write_bytes(RECORDS)
    assert 0 == call(send, "{}").exit_code
    assert b"{}" == api.requests[0].content
    (tmp_path / "{x").write_bytes(RECORDS)
    assert 0 == call(send, "{x").exit_code
    assert RECORDS.strip() == api.requests[1].content


@pytest.mark.parametrize(
    ("argument", "reasons"),
    [
        ("evnts.ndjson", ("line 1, column 1: Expecting value", "No such file or directory")),
        ('{"a": "line\nbreak"}', ("line 1, column 12: Invalid control character at", "No such file or directory")),
        ('{"a": "\udcff"}', ("it is not UTF-8", "No such file or directory")),
        ("{" + "x" * 5_000, ("line 1, column 2: Expecting property name", "File name too long")),
        (".", ("line 1, column 1: Expecting value", "Is a directory")),
        ("@evnts.ndjson", ("line 1, column 1: Expecting value", "No such file or directory")),
    ],
)
def test_an_argument_that_is_neither_json_nor_a_file_is_a_usage_error(
    call: "Call", api: "FakeApi", argument: str, reasons: tuple[str, str]
) -> None:
    result = call(send, argument)
    message = " ".join(result.stderr.split())
    assert (2, []) == (result.exit_code, api.requests)
    assert all(reason in message for reason in reasons)
    assert "Give a JSON object, or the path of a file, also with --file FILE." in message
    assert len(message) < 500


def test_what_is_quoted_cannot_control_the_terminal(call: "Call") -> None:
    result = call(send, "\x1b[2J")
    assert "\\x1b[2J is neither JSON" in result.stderr
    assert "\x1b" not in result.stderr


def test_a_file_is_the_only_argument(call: "Call", api: "FakeApi", file: Path) -> None:
    for arguments in (["{}", str(file)], [str(file), str(file)]):
        result = call(send, *arguments)
        assert (2, []) == (result.exit_code, api.requests)
        assert "to send a file, give its path alone or with --file FILE." in " ".join(result.stderr.split())
    result = call(send, "{}", "--file", str(file))
    assert (2, []) == (result.exit_code, api.requests)
    assert "Give records as arguments or with --file, not both." in result.stderr


def test_at_a_terminal_records_have_to_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.BytesIO):
        """Standard input of a person who has typed nothing."""

        def isatty(self) -> bool:
            return True

    with CliRunner().isolation():
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Terminal()))
        with pytest.raises(SystemExit) as raised:
            send.main([])
    assert 2 == raised.value.code
