"""Formats a line of a process's output for people: time, process, severity, event, fields.

It shows structured lines of Cloud Logging (one JSON object a line) in this form, and any other line, for example of a
traceback, as it is. A line may contain input of a user, so control characters are escaped.
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
UNSTRUCTURED_STYLE = "yellow"
TRACE = "logging.googleapis.com/trace"
TRACE_LENGTH = 8  # digits of a trace id that are shown, enough to distinguish requests
NAME_WIDTH = max(len("firestore"), len("generate"), len("present"))


def formatted(process: str, line: bytes, now: datetime) -> Segments:
    """One line of text, or several if a field is a list of texts, such as a stack trace."""
    text = line.decode(errors="replace").rstrip("\r\n")
    time = f"{now:%H:%M:%S}.{now.microsecond // 1000:03d} "
    head: Segments = [(time, "dim"), (f"{process:<{NAME_WIDTH}} ", "cyan")]
    fields = structured_fields(text)
    return head + (event(fields) if fields else [(printable(text, keep="\t"), UNSTRUCTURED_STYLE)])


def structured_fields(text: str) -> dict[str, Any] | None:  # Any: whatever JSON can hold
    """The fields of a line, one of which is `message`; None if the line is not structured."""
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
    first_line: Segments = [(f"{severity:<8} ", STYLES.get(severity, "")), (printable(str(fields["message"])), "bold")]
    more_lines: Segments = []
    for name, value in fields.items():
        if name in {"severity", "message", "time", "timestamp"} or name.startswith("logging.googleapis.com/"):
            continue
        if _is_list_of_texts(value):
            more_lines += [(f"\n    {printable(text)}", "dim") for text in value]
        else:
            first_line.append((f" {printable(name)}={_value(value)}", ""))
    if isinstance(trace := fields.get(TRACE), str):
        first_line.append((f" trace={printable(trace.rpartition('/')[2][:TRACE_LENGTH])}", "dim"))
    return first_line + more_lines


def _value(value: Any) -> str:  # noqa: ANN401 - whatever JSON can hold
    if isinstance(value, str) and value.isprintable() and value and " " not in value:
        return value
    return json_text(value)


def _is_list_of_texts(value: Any) -> bool:  # noqa: ANN401 - whatever JSON can hold
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)
