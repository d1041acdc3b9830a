"""The program that checks records by the rules of a POST."""

import json
import os
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataapi.records import check, schema

SCHEMA = Path(__file__).parents[3] / "support" / "schemas" / "two_texts.schema.json"


def problems(*numbered_lines: bytes) -> list[list[object]]:
    return [json.loads(problem) for problem in check.problems(numbered_lines, schema.load(SCHEMA))]


def test_a_valid_record_has_no_problem() -> None:
    assert [] == problems(b'7 {"informationOne": "first", "informationTwo": "second"}\n')


def test_every_problem_has_the_number_of_its_record() -> None:
    assert [
        [3, "/informationTwo", "is required"],
        [3, "/informationOne", 'is not of type "string"'],
        [9, "", "must be a JSON object"],
        [10, "", "is not JSON: Expecting value at line 1, column 1"],
        [11, "", "is over the limit of 262,144 bytes"],
    ] == problems(b'3 {"informationOne": 1}\n', b"9 []\n", b"10 \n", b'11 "%s"' % (b"x" * 2**18))


@pytest.fixture
def _one_invalid_record(tmp_path: Path) -> Iterator[None]:
    """Standard input of the process."""
    (tmp_path / "input").write_bytes(b"5 []\n")
    stdin = os.dup(0)
    with (tmp_path / "input").open("rb") as opened:
        os.dup2(opened.fileno(), 0)
    yield
    os.dup2(stdin, 0)
    os.close(stdin)


@pytest.mark.usefixtures("_one_invalid_record")
def test_the_program_reads_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["check", str(SCHEMA)])
    runpy.run_path(str(check.__file__), run_name="__main__")
    assert '[5, "", "must be a JSON object"]\n' == capsys.readouterr().out
