"""Checks the functions' settings with the functions' own reader, before anything is started.

Without it a function with an invalid setting starts, is ready, and answers every request with 500.
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from data_api.shared.errors import CliError
from data_api.stack.runtime.function_processes import SETTINGS, settings_environment

READER = "dataapi.gcp.settings"
_SHELL_NAMES = {variable: shell_variable for shell_variable, variable, _ in SETTINGS}


@dataclass(frozen=True)
class SettingsCheck:
    """A check that runs while the caller prepares the start; without a program there is nothing to check."""

    program: subprocess.Popen[str] | None

    def wait(self) -> None:
        """Returns if all settings are valid; raises CliError with the name of the variable that the user has set."""
        if self.program is None:
            return
        _, output = self.program.communicate()
        if self.program.returncode:
            raise CliError(_problem(output))


@contextmanager
def settings_check(functions: Path, environ: Mapping[str, str]) -> Iterator[SettingsCheck]:
    """Starts the check; at the end of the `with` block it is not left running.

    A folder of functions without the reader is not checked.
    """
    if not (functions / f"{READER.replace('.', '/')}.py").is_file():
        yield SettingsCheck(None)
        return
    program = subprocess.Popen(  # noqa: S603 - this Python, and a module of the functions
        [sys.executable, "-m", READER],
        cwd=functions,
        env=settings_environment(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,  # Ctrl-C ends the command, which ends this
    )
    with program:
        try:
            yield SettingsCheck(program)
        finally:
            program.kill()


def _problem(output: str) -> str:
    """The reader's sentence begins with the variable's name; the last line of a traceback is shown as it is."""
    *_, sentence = output.strip().splitlines() or ["the check failed without a message"]
    name, space, rest = sentence.partition(" ")
    return f"{_SHELL_NAMES.get(name, name)}{space}{rest}; correct or unset it, then try again."
