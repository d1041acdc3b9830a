"""Checks records by the API's own rules without sending them: size, JSON, Firestore's limits, the record's schema.

The rules are code of the functions. The program shares no code with them, so they run as a process of their own,
which reads functions/record.schema.json. It gets the size of a record on a line before each record, and writes one line
for each: `{}`, or the problems (functions/dataapi/checking/program.py).
"""

import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Thread
from typing import IO

from data_api.records.sending.sources import Source
from data_api.shared import record_schema
from data_api.shared.errors import CliError, ExitCode

_FUNCTIONS = record_schema.PATH.parent
_PROGRAM = (sys.executable, "-m", "dataapi.checking.program", str(record_schema.PATH))


@dataclass(slots=True)
class _Problems:
    """Shows the problems that the process writes, as they come, and counts the records that have one."""

    noun: str
    show: Callable[[str], None]
    numbers: deque[int] = field(default_factory=deque)  # of the records that it has not answered yet
    invalid: int = 0

    def read(self, stdout: IO[bytes]) -> None:
        for answer in stdout:
            number = self.numbers.popleft()
            problems = json.loads(answer).get("0", [])
            self.invalid += bool(problems)
            location = f"{self.noun} {number}:" if self.noun else ""
            for pointer, problem in [("", f"is not JSON: {problems}")] if isinstance(problems, str) else problems:
                self.show("  " + " ".join(filter(None, (location, pointer, problem))))


def check_all(source: Source, show: Callable[[str], None]) -> int:
    """The number of records. Shows each problem; raises CliError if there is one, or if the rules cannot be run."""
    if not _FUNCTIONS.is_dir():
        raise CliError("--check needs the folder functions of the project: run it in a clone, after `make setup`.")
    record_schema.load()  # one that cannot be read is a CliError
    problems = _Problems(source.noun, show)
    count = _run(source, problems)
    if problems.invalid:
        of = f"{count:,} record is" if count == 1 else f"{count:,} records are"
        raise CliError(f"{problems.invalid:,} of {of} invalid; nothing was sent.", ExitCode.INVALID)
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
            count = _write(source, stdin, problems.numbers)
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


def _write(source: Source, stdin: IO[bytes], numbers: deque[int]) -> int:
    """The number of records; they are written only as far as the process reads them."""
    count = 0
    with suppress(BrokenPipeError):
        for line in source.lines:
            count += 1
            numbers.append(line.number)
            stdin.write(b"[%d]\n%s" % (len(line.text), line.text))
    return count
