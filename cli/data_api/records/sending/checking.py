"""Checks records by the API's own rules without sending them: size, JSON, Firestore's limits, the record's schema.

The rules are code of the functions. The program shares no code with them, so they run as a process of their own,
which reads functions/record.schema.json. It gets one record a line behind its number, and writes one problem a line.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Thread
from typing import IO

from data_api.records.sending.sources import Source
from data_api.shared import record_schema
from data_api.shared.errors import CliError, ExitCode

_FUNCTIONS = record_schema.PATH.parent
_PROGRAM = (sys.executable, "-m", "dataapi.records.check", str(record_schema.PATH))


@dataclass(slots=True)
class _Problems:
    """Shows the problems that the process writes, as they come, and remembers which records have one."""

    noun: str
    show: Callable[[str], None]
    numbers: set[int] = field(default_factory=set)

    def read(self, stdout: IO[bytes]) -> None:
        for written in stdout:
            number, pointer, problem = json.loads(written)
            self.numbers.add(number)
            location = f"{self.noun} {number}:" if self.noun else ""
            self.show("  " + " ".join(filter(None, (location, pointer, problem))))


def check_all(source: Source, show: Callable[[str], None]) -> int:
    """The number of records. Shows each problem; raises CliError if there is one, or if the rules cannot be run."""
    if not _FUNCTIONS.is_dir():
        raise CliError("--check needs the folder functions of the project: run it in a clone, after `make setup`.")
    record_schema.load()  # one that cannot be read is a CliError
    problems = _Problems(source.noun, show)
    count = _run(source, problems)
    if problems.numbers:
        of = f"{count:,} record is" if count == 1 else f"{count:,} records are"
        raise CliError(f"{len(problems.numbers):,} of {of} invalid; nothing was sent.", ExitCode.INVALID)
    return count


def _run(source: Source, problems: _Problems) -> int:
    """Passes the records through the process; raises CliError if that fails."""
    environ = {**os.environ, "PYTHONPATH": str(_FUNCTIONS)}
    pipe = subprocess.PIPE
    with subprocess.Popen(_PROGRAM, env=environ, stdin=pipe, stdout=pipe, stderr=pipe) as process:  # noqa: S603 - no shell, and nothing of it is the user's
        stdin, stdout, stderr = (stream for stream in (process.stdin, process.stdout, process.stderr) if stream)
        reader = Thread(target=problems.read, args=(stdout,))
        reader.start()
        try:
            count = _write(source, stdin)
        finally:
            with suppress(BrokenPipeError):
                stdin.close()
            reader.join()
        last_line = (stderr.read().decode(errors="replace").strip().splitlines() or [""])[-1]
    if process.returncode:
        raise CliError(
            f"The records cannot be checked ({last_line}): correct {record_schema.PATH}, or run `make setup`."
        )
    return count


def _write(source: Source, stdin: IO[bytes]) -> int:
    """The number of records; they are written only as far as the process reads them."""
    count = 0
    with suppress(BrokenPipeError):
        for line in source.lines:
            count += 1
            stdin.write(b"%d %s\n" % (line.number, line.text))
    return count
