"""The program itself: its list of commands, and how it loads them."""

import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from data_api import main
from data_api.main import COMMANDS, RECORDS, Listing

AddCommand = Callable[[str], None]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main.main, arguments)


@pytest.fixture
def add_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AddCommand:
    """Adds a command `extra` that is in a module with this source."""
    monkeypatch.syspath_prepend(tmp_path)

    def add(source: str) -> None:
        (tmp_path / "extra_commands.py").write_text(source)
        monkeypatch.delitem(sys.modules, "extra_commands", raising=False)
        listing = Listing("extra", RECORDS, "extra_commands", "extra", "Do more.")
        monkeypatch.setattr(main, "COMMANDS", {"get": COMMANDS["get"], "extra": listing})

    return add


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_lists_all_commands_in_sections(option: str) -> None:
    result = run(option)
    sections = result.stdout.split("\n\n")[-3:]
    names = [[line.split()[0] for line in section.splitlines()[1:]] for section in sections]
    assert 0 == result.exit_code
    assert ["Local stack:", "Records:", "Running a deployment:"] == [section.splitlines()[0] for section in sections]
    operations = ["logs", "dead-letters", "cost", "doctor", "drill"]
    assert [
        ["up", "down", "status", "reset", "trace", "token"],
        ["send", "list", "get", "example"],
        operations,
    ] == names
    assert "  list     List your records, newest first." in sections[1]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_has_the_commands_own_name_and_short_help(name: str) -> None:
    command = main.main.get_command(click.Context(main.main), name)
    assert command is not None
    assert name == command.name
    assert COMMANDS[name].short_help == command.get_short_help_str(limit=200)


@pytest.mark.parametrize("source", ["def up(:", "import no_such_package", ""])
def test_a_command_that_cannot_be_loaded_says_so_and_affects_no_other(source: str, add_command: AddCommand) -> None:
    add_command(source)
    result = run("extra")
    assert 1 == result.exit_code
    assert result.stderr.startswith("Error: The command extra cannot be loaded (")
    assert result.stderr.endswith("); run `make setup` to repair the installation.\n")
    assert 0 == run("--help").exit_code
    assert 0 == run("get", "--help").exit_code


def test_an_unknown_command_is_a_usage_error() -> None:
    result = run("sned")
    assert (2, True) == (result.exit_code, "No such command 'sned'" in result.stderr)


def test_the_version_is_the_packages() -> None:
    assert f"data-api, version {version('data-api')}\n" == run("--version").stdout


def test_ctrl_c_ends_any_command_quietly_with_130(add_command: AddCommand) -> None:
    add_command("import click\n@click.command()\ndef extra():\n    raise KeyboardInterrupt\n")
    result = run("extra")
    assert (130, "", "\n") == (result.exit_code, result.stdout, result.stderr)
