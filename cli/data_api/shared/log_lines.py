"""Makes a line that a part wrote readable: time, part, severity, event, fields.

Pure: bytes in, styled text out. Owns what is shown of Cloud Logging's structured form (one JSON object a line)
and how; any other line, of a traceback for example, is shown as it is. A line may contain what a user sent, so
no character of it may steer the terminal.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from data_api.shared.printable import json_text, printable

Segments = list[tuple[str, str]]  # text and its rich style

STYLES = {
    "DEBUG": "dim",
    "INFO": "green",
    "NOTICE": "cyan",
    "WARNING": "yellow",
    "ERROR": "bold red",
    "CRITICAL": "bold white on red",
}
RAW_STYLE = "yellow"
TRACE = "logging.googleapis.com/trace"
TRACE_SHOWN = 8  # enough to tell requests apart by eye
PART_WIDTH = max(len("firestore"), len("generate"), len("present"))


def readable(part: str, line: bytes, now: datetime) -> Segments:
    """One line of text, or several where a field is a list of texts such as a stack."""
    text = line.decode(errors="replace").rstrip("\r\n")
    head: Segments = [(f"{now:%H:%M:%S}.{now.microsecond // 1000:03d} ", "dim"), (f"{part:<{PART_WIDTH}} ", "cyan")]
    fields = _fields(text)
    return head + (event(fields) if fields else [(printable(text, keep="\t"), RAW_STYLE)])


def _fields(text: str) -> dict[str, Any] | None:  # Any: whatever JSON can hold
    """None for what is not a structured line."""
    if not text.startswith("{"):
        return None
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) and "message" in fields else None


def event(fields: Mapping[str, Any]) -> Segments:
    """Severity, event and fields of a structured line, which has a `message`."""
    severity = printable(str(fields.get("severity", "DEFAULT")))
    shown: Segments = [(f"{severity:<8} ", STYLES.get(severity, "")), (printable(str(fields["message"])), "bold")]
    below: Segments = []
    for name, value in fields.items():
        if name in {"severity", "message", "time", "timestamp"} or name.startswith("logging.googleapis.com/"):
            continue
        if _is_list_of_texts(value):
            below += [(f"\n    {printable(text)}", "dim") for text in value]
        else:
            shown.append((f" {printable(name)}={_value(value)}", ""))
    if isinstance(trace := fields.get(TRACE), str):
        shown.append((f" trace={printable(trace.rpartition('/')[2][:TRACE_SHOWN])}", "dim"))
    return shown + below


def _value(value: Any) -> str:  # noqa: ANN401 - whatever JSON can hold
    if isinstance(value, str) and value.isprintable() and value and " " not in value:
        return value
    return json_text(value)


def _is_list_of_texts(value: Any) -> bool:  # noqa: ANN401 - whatever JSON can hold
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)
