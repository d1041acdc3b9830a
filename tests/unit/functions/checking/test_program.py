"""The program that checks groups of records by the rules of a POST."""

import io
import json
import os
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dataapi.checking import program
from dataapi.records import schema

SCHEMA = Path(__file__).parents[3] / "support" / "schemas" / "two_texts.schema.json"
VALID = b'{"informationOne": "first",\n "informationTwo": "second"}'


def group(*records: bytes) -> bytes:
    return json.dumps([*map(len, records)]).encode() + b"\n" + b"".join(records)


def answers(*groups: bytes) -> list[dict[str, Any]]:
    requests = io.BytesIO(b"".join(groups))
    return [json.loads(answer) for answer in program.answers(requests, schema.load(SCHEMA))]


def test_each_group_gets_an_answer_that_names_nothing_if_all_is_valid() -> None:
    assert [{}, {}, {}] == answers(group(VALID), group(), group(VALID, VALID))


def test_every_problem_has_the_position_of_its_record() -> None:
    [answer] = answers(group(b'{"informationOne": 1}', VALID, b"[]", b"", b"x" * (2**18 + 1)))
    assert {
        "0": [["/informationTwo", "is required"], ["/informationOne", 'is not of type "string"']],
        "2": [["", "must be a JSON object"]],
        "3": "Expecting value at line 1, column 1",
        "4": [["", "is over the limit of 262,144 bytes"]],
    } == answer


@pytest.fixture
def _one_invalid_record(tmp_path: Path) -> Iterator[None]:
    """Standard input of the process."""
    (tmp_path / "input").write_bytes(group(b"[]"))
    stdin = os.dup(0)
    with (tmp_path / "input").open("rb") as opened:
        os.dup2(opened.fileno(), 0)
    yield
    os.dup2(stdin, 0)
    os.close(stdin)


@pytest.mark.usefixtures("_one_invalid_record")
def test_the_program_reads_standard_input(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(sys, "argv", ["program", str(SCHEMA)])
    monkeypatch.setattr("signal.signal", lambda *_: None)
    runpy.run_path(str(program.__file__), run_name="__main__")
    assert b'{"0": [["", "must be a JSON object"]]}\n' == capfdbinary.readouterr().out
