"""Reads what a stack keeps of one record: the lines of its parts' logs, and its spans.

Owns looking things up by what is known so far: first the lines that name the id, then those that name a trace or a
message of these.
"""

import contextlib
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from data_api.shared.traces import timeline
from data_api.shared.traces.timeline import Line, Timeline
from data_api.stack.traces import span_log

LOGS = "logs"


def find(folder: Path, wanted: str) -> Timeline | None:
    """What the stack of this folder knows of a record or a trace; None if it knows nothing."""
    lines = list(_lines(folder, {wanted}))
    names = timeline.names(lines, wanted)
    if names != {wanted}:
        lines = list(_lines(folder, names))
    traces = [line.trace for line in lines if line.trace] or [wanted]
    return timeline.of(wanted, lines, span_log.find(folder, sorted(set(traces))))


def _lines(folder: Path, names: set[str]) -> Iterator[Line]:
    """The structured lines of which one of these is a whole value."""
    wanted = [f'{before}{name}"'.encode() for name in names for before in '"/']
    for file in sorted((folder / LOGS).glob("*.log")):
        with file.open("rb") as raw:
            for line in raw:
                if line.startswith(b"{") and any(name in line for name in wanted):
                    yield from _line(file.stem, line)


def _line(part: str, raw: bytes) -> Iterator[Line]:
    """None for what a function has printed otherwise than it logs."""
    with contextlib.suppress(ValueError, TypeError, KeyError, RecursionError):
        fields = json.loads(raw)
        at = datetime.fromisoformat(fields["time"])
        if at.tzinfo and "message" in fields:
            yield Line(part, at, fields)
