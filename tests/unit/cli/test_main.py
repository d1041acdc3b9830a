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
from data_api.shared.errors import ExitCode

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
    sections = result.stdout.split("\n\n")[-4:-1]
    names = [[line.split()[0] for line in section.splitlines()[1:]] for section in sections]
    assert 0 == result.exit_code
    assert ["Local stack:", "Records:", "Running a deployment:"] == [section.splitlines()[0] for section in sections]
    operations = ["init", "logs", "dead-letters", "cost", "doctor", "drill"]
    assert [
        ["up", "down", "status", "reset", "trace", "token"],
        ["smoke", "send", "list", "get", "delete", "example", "openapi"],
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


def test_help_lists_the_exit_codes() -> None:
    title, *lines = run("--help").stdout.split("\n\n")[-1].splitlines()
    assert "Exit codes:" == title
    assert ["0", *(str(int(code)) for code in ExitCode)] == [line.split()[0] for line in lines]
    assert "  6  The record is a dead letter (410)." in lines


@pytest.mark.parametrize(
    ("words", "meant"),
    [(["sned"], "send"), (["dead-leters", "list"], "dead-letters"), (["dead-letters", "lst"], "list")],
)
def test_a_misspelt_command_is_a_usage_error_that_names_the_one_that_is_meant(words: list[str], meant: str) -> None:
    result = run(*words)
    assert 2 == result.exit_code
    assert f"Did you mean {meant}?" in result.stderr.replace("'", "")


def test_an_unknown_command_is_a_usage_error() -> None:
    result = run("xxxxxxxx")
    assert (2, True) == (result.exit_code, "No such command 'xxxxxxxx'." in result.stderr)
    assert "Did you mean" not in result.stderr


def test_the_version_is_the_packages() -> None:
    assert f"data-api, version {version('data-api')}\n" == run("--version").stdout


def test_ctrl_c_ends_any_command_quietly_with_130(add_command: AddCommand) -> None:
    add_command("import click\n@click.command()\ndef extra():\n    raise KeyboardInterrupt\n")
    result = run("extra")
    assert (130, "", "\n") == (result.exit_code, result.stdout, result.stderr)


def test_output_that_cannot_be_written_is_one_sentence(add_command: AddCommand) -> None:
    add_command("import click\n@click.command()\ndef extra():\n    raise OSError(28, 'No space left on device')\n")
    result = run("extra")
    expected = "Error: The output cannot be written (No space left on device); write it to another place.\n"
    assert (1, expected) == (result.exit_code, result.stderr)


def test_another_error_of_the_operating_system_is_not_hidden(add_command: AddCommand) -> None:
    add_command("import click\n@click.command()\ndef extra():\n    raise FileNotFoundError(2, 'No such file')\n")
    assert isinstance(run("extra").exception, FileNotFoundError)
