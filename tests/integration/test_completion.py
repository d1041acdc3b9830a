"""Completion of commands and options, as bash and zsh ask for it."""

import os
import subprocess
import sys
from pathlib import Path
from shutil import which

import pytest

PROGRAM = Path(sys.executable).with_name("data-api")


def completed(shell: str, line: str) -> list[str]:
    """The program's answer for the end of this line."""
    words = line.split(" ")
    environ = {
        **os.environ,
        "_DATA_API_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    return subprocess.check_output([PROGRAM], env=environ, text=True).splitlines()


def script(shell: str) -> str:
    environ = {**os.environ, "_DATA_API_COMPLETE": f"{shell}_source"}
    return subprocess.check_output([PROGRAM], env=environ, text=True)


def test_bash_gets_names() -> None:
    assert ["plain,status", "plain,smoke", "plain,send"] == completed("bash", "data-api s")
    assert ["plain,replay"] == completed("bash", "data-api dead-letters re")
    assert ["plain,--order"] == completed("bash", "data-api list --or")
    assert ["plain,desc"] == completed("bash", "data-api list --order d")


def test_zsh_gets_names_with_their_help() -> None:
    assert ["plain", "send", "Send records."] == completed("zsh", "data-api se")
    assert ["plain", "--order", "asc: oldest first."] == completed("zsh", "data-api list --or")


def test_the_scripts_are_for_this_program() -> None:
    assert "complete -o nosort -F _data_api_completion data-api" in script("bash")
    assert script("zsh").startswith("#compdef data-api\n")


@pytest.mark.skipif(which("bash") is None, reason="there is no bash on this machine")
def test_bash_completes_after_the_documented_line() -> None:
    steps = f"""
        eval "$(_DATA_API_COMPLETE=bash_source {PROGRAM})"
        COMP_WORDS=({PROGRAM} sen) COMP_CWORD=1
        _data_api_completion {PROGRAM}
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    assert "send\n" == subprocess.check_output(["bash", "-c", steps], text=True)  # noqa: S607 - the user's bash


def test_the_names_are_completed_without_importing_a_command() -> None:
    program = (
        "import sys, click; from data_api.main import main; "
        "names = [item.value for item in main.shell_complete(click.Context(main), 'l')]; "
        "print(names, *(name for name in sys.modules if name.startswith(('data_api.records', 'data_api.ops'))))"
    )
    assert "['list', 'logs']\n" == subprocess.check_output([sys.executable, "-c", program], text=True)
