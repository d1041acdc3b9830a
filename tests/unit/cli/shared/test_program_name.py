"""The name of the program in printed commands, which must work when pasted."""

import sys
from pathlib import Path

import pytest

from data_api.shared.program_name import program_name


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Runs the program in a clone, with an empty PATH."""
    path = tmp_path / ".venv" / "bin" / "data-api"
    path.parent.mkdir(parents=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(path)])
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return path


@pytest.mark.usefixtures("program")
def test_after_make_up_it_is_the_path_from_the_clone() -> None:
    assert ".venv/bin/data-api" == program_name()


def test_where_path_finds_the_program_it_is_its_name(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(program.parent))
    assert "data-api" == program_name()


def test_another_program_of_this_name_on_path_is_not_meant(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other" / "data-api"
    other.parent.mkdir()
    other.write_bytes(program.read_bytes())
    other.chmod(0o755)
    monkeypatch.setenv("PATH", str(other.parent))
    assert ".venv/bin/data-api" == program_name()


def test_from_another_folder_it_is_the_whole_path(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = program.parent.parent / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert str(program) == program_name()
