"""Prints log lines: one readable line for each, or one JSON object for each.

A line may hold what a user sent: no character of it may steer the terminal.
"""

import json
from datetime import UTC

from rich.console import Console
from rich.text import Text

from data_api.ops.google_api import written
from data_api.ops.logs.entries import Entry
from data_api.shared.log_lines import TRACE, Segments, event
from data_api.shared.printable import printable

FUNCTION_WIDTH = len("dead-letter")


def as_json(entry: Entry) -> str:
    """On one line."""
    return json.dumps(mapping(entry))


def mapping(entry: Entry) -> dict[str, object]:
    """`event` is the name of an event, or a text; `fields` is what else the line says."""
    return {
        "time": written(entry.at),
        "function": entry.function,
        "severity": entry.severity,
        "event": entry.event,
        "trace": entry.trace_id,
        "insertId": entry.id[1],
        "fields": {name: value for name, value in entry.fields.items() if name != "message"},
    }


def show(entry: Entry, console: Console) -> None:
    """Coloured in a terminal."""
    console.print(Text.assemble(*_segments(entry)), soft_wrap=True, highlight=False)


def summary(entry: Entry) -> str:
    """Severity, event and fields on one line, without the lines of a stack."""
    return "".join(text for text, _ in event(_named(entry))).partition("\n")[0]


def _segments(entry: Entry) -> Segments:
    at = entry.at.astimezone(UTC)
    head: Segments = [
        (f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d} ", "dim"),
        (f"{printable(entry.function):<{FUNCTION_WIDTH}} ", "cyan"),
    ]
    return head + event(_named(entry))


def _named(entry: Entry) -> dict[str, object]:
    trace = {TRACE: entry.trace} if entry.trace else {}
    return {**entry.fields, "severity": entry.severity, **trace}
