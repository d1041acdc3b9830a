"""Sends the records of a file to a stack that has just started, with this program's own command `send`.

They take the way of all records, through the gateway. Sent again at a later start they are not stored twice.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from data_api.shared.printable import printable
from data_api.stack.runtime.orphan_reaper import OrphanReaper
from data_api.stack.runtime.processes import Program, start

USER = "ada"
_OF_THE_SHELL = ("DATA_API_TOKEN", "DATA_API_URL", "DATA_API_KEY")  # they would choose another API or user
_GRACE_PERIOD = 1.0  # seconds


def seed_program(file: Path, *, port: int, api_key: str | None, log: Path, environ: Mapping[str, str]) -> Program:
    """The command that sends the file."""
    options = ["--file", str(file), "--port", str(port), "--user", USER, *(["--api-key", api_key] if api_key else [])]
    return Program(
        name="seed",
        command=[sys.executable, "-m", "data_api.main", "send", *options],
        environ={name: value for name, value in environ.items() if name not in _OF_THE_SHELL},
        log=log,
    )


async def send_seed(program: Program, orphan_reaper: OrphanReaper, say: Callable[[str], None]) -> None:
    """Sends the records and says how many were accepted; an error is shown, and the stack goes on."""
    lines: list[bytes] = []
    running = await start(program, orphan_reaper, lines.append)
    try:
        exit_code = await running.wait()
    finally:
        await running.stop(_GRACE_PERIOD)
    *_, last = [line.decode(errors="replace").strip() for line in lines if line.strip()] or ["no output"]
    say(f"Seed: {printable(last)}" + (f" The output is in {program.log}." if exit_code else ""))
