"""Runs another program and waits for its end, without a shell and with an empty standard input."""

import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

NOT_FOUND = 127  # the exit code of a program that does not exist, as in shells


@dataclass(frozen=True, slots=True)
class CompletedProgram:
    """The exit code and the output of a program, without white space at the start and the end."""

    exit_code: int
    stdout: str
    stderr: str


Run = Callable[[Sequence[str]], CompletedProgram]


def run(
    command: Sequence[str], *, folder: Path | None = None, environ: Mapping[str, str] | None = None
) -> CompletedProgram:
    """Runs the program and waits for its end; a program that does not exist gives NOT_FOUND."""
    try:
        completed = subprocess.run(  # noqa: S603 - no shell, and the caller's code names the program
            command,
            cwd=folder,
            env=None if environ is None else dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return CompletedProgram(NOT_FOUND, "", f"there is no program {command[0]}")
    return CompletedProgram(completed.returncode, completed.stdout.strip(), completed.stderr.strip())
