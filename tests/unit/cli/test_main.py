"""The program itself: its list of commands, and how it finds them."""

import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, version
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from data_api import catalog, main

Declare = Callable[..., None]


@pytest.fixture
def declare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Declare:
    """Commands by name, each with its entry point; `source` becomes the module `other_commands`."""
    monkeypatch.syspath_prepend(tmp_path)

    def these(source: str = "", **places: str) -> None:
        (tmp_path / "other_commands.py").write_text(source)
        found = [EntryPoint(name, place, catalog.GROUP) for name, place in places.items()]
        monkeypatch.setattr(catalog, "entry_points", lambda group: [each for each in found if each.group == group])

    return these


@pytest.fixture(autouse=True)
def _other_commands_are_loaded_afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "other_commands", raising=False)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main.main, arguments)


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_lists_all_commands_by_what_they_serve(option: str) -> None:
    told = run(option)
    sections = told.stdout.split("\n\n")[-3:]
    names = [[line.split()[0] for line in section.splitlines()[1:]] for section in sections]
    assert 0 == told.exit_code
    assert ["Laptop stack:", "Records:", "Running a deployment:"] == [section.splitlines()[0] for section in sections]
    running = ["dead-letters", "cost", "doctor", "drill"]
    assert [["up", "status", "trace", "token"], ["send", "list", "get"], running] == names
    assert "  list  List your records, newest first." in sections[1]


def test_a_new_command_is_listed_before_anybody_sorts_it_in(declare: Declare) -> None:
    source = 'def later():\n    """Do this later. And more."""\ndef now():\n    """Do this now."""\n'
    declare(source, now="other_commands:now", later="other_commands:later", get="data_api.records.commands:get")
    assert run("--help").stdout.endswith(
        "Records:\n  get  Show one of your records.\n\nMore:\n  later  Do this later.\n  now    Do this now.\n"
    )


@pytest.mark.parametrize("place", ["no_such_package.commands:up", "local.no_such_module:up", "other_commands:up"])
def test_a_command_that_cannot_be_loaded_is_listed_and_hinders_no_other(declare: Declare, place: str) -> None:
    declare("def up(:", up=place, get="data_api.records.commands:get")
    told = run("--help")
    assert 0 == told.exit_code
    assert {"up", "get"} <= {line.split()[0] for line in told.stdout.splitlines() if line.startswith("  ")}
    assert 0 == run("get", "--help").exit_code


@pytest.mark.parametrize("place", ["no_such_package.commands:up", "data_api.records.commands:no_such_name"])
def test_calling_a_command_that_cannot_be_loaded_is_a_sentence(declare: Declare, place: str) -> None:
    declare(up=place)
    told = run("up")
    assert 1 == told.exit_code
    assert told.stderr.startswith("Error: The command up cannot be loaded (")
    assert told.stderr.endswith("); run `make setup` to repair the installation.\n")


def test_an_unknown_command_is_a_usage_error() -> None:
    told = run("sned")
    assert (2, True) == (told.exit_code, "No such command 'sned'" in told.stderr)


def test_the_version_is_the_packages() -> None:
    assert f"data-api, version {version('data-api')}\n" == run("--version").stdout


def test_ctrl_c_ends_any_command_quietly_with_130(declare: Declare) -> None:
    source = "import click\n@click.command()\ndef up():\n    raise KeyboardInterrupt\n"
    declare(source, up="other_commands:up")
    told = run("up")
    assert (130, "", "\n") == (told.exit_code, told.stdout, told.stderr)
