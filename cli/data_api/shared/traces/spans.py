"""Says what a span is, and owns its form as a line of JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Span:
    """Something that took time; times are nanoseconds since 1970."""

    trace_id: str
    span_id: str
    parent_id: str  # empty for the first of a trace
    part: str
    kind: str
    name: str
    start: int
    end: int
    failed: bool
    attributes: Mapping[str, Any]
    links: tuple[tuple[str, str], ...]  # ids of trace and span

    def line(self) -> str:
        """For the file."""
        return json.dumps(asdict(self), separators=(",", ":"))


def from_line(line: bytes) -> Span | None:
    """None for what is no span: the last line may not be whole yet."""
    try:
        fields = json.loads(line)
        links = tuple((trace_id, span_id) for trace_id, span_id in fields.pop("links"))
        return Span(**fields, links=links)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
