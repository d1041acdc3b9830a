"""Where the bundle's parts are read, and what is said of one that is missing or invalid."""

import json
import runpy
import sys
from pathlib import Path
from shutil import copyfile

import pytest

from dataapi.openapi import __main__ as program
from dataapi.openapi import source
from dataapi.openapi.errors import ContractError

ROOT = Path(__file__).parents[4]
SCHEMA = "record.schema.json"


@pytest.fixture
def functions(tmp_path: Path) -> Path:
    """A folder of functions as in the repository."""
    folder = tmp_path / "functions"
    folder.mkdir()
    copyfile(ROOT / "openapi.yaml", tmp_path / "openapi.yaml")
    copyfile(ROOT / "functions" / SCHEMA, folder / SCHEMA)
    return folder


def test_the_contract_is_above_the_functions_or_as_in_the_archive_beside_them(functions: Path) -> None:
    expected = source.read(source.HERE)
    assert expected == source.read(source.HERE, functions)
    (functions.parent / "openapi.yaml").rename(functions / "openapi.yaml")
    assert expected == source.read(source.HERE, functions)


def test_a_contract_that_is_missing_is_an_error(functions: Path) -> None:
    (functions.parent / "openapi.yaml").unlink()
    with pytest.raises(ContractError, match=r"openapi\.yaml is neither in .* nor above: restore it"):
        source.read(source.HERE, functions)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        (SCHEMA, "{", "cannot be read"),
        (SCHEMA, "[]", "lacks a part"),
        ("../openapi.yaml", "a: [\nb: }", "cannot be read"),
        ("../openapi.yaml", "a: 1", "lacks a part"),
    ],
)
def test_an_invalid_file_is_an_error_in_one_line(functions: Path, name: str, content: str, problem: str) -> None:
    (functions / name).write_text(content, encoding="utf-8")
    with pytest.raises(ContractError, match=problem) as error:
        source.read(source.HERE, functions)
    assert "\n" not in str(error.value)


def test_the_program_prints_the_bundle_with_the_address(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["dataapi.openapi", "https://api.example.com", "An API."])
    monkeypatch.delitem(sys.modules, program.__name__)
    runpy.run_module("dataapi.openapi", run_name="__main__")
    server = {"url": "https://api.example.com", "description": "An API."}
    assert source.read(server) == json.loads(capsys.readouterr().out)


def test_the_program_ends_with_the_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise ContractError("openapi.yaml is missing: restore it.")

    monkeypatch.setattr(source, "read", fail)
    with pytest.raises(SystemExit, match=r"openapi\.yaml is missing: restore it"):
        program.main(["/"])
