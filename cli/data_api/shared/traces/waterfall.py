"""Draws the spans of a trace as a waterfall: one line a span, in the order of cause and time.

Pure: spans in, styled text out. A write that served many requests is drawn below the one that it links to, whichever
trace it is of.
"""

from collections import defaultdict
from collections.abc import Container, Iterator, Sequence

from data_api.shared.log_lines import NAME_WIDTH, Segments
from data_api.shared.printable import printable
from data_api.shared.traces.spans import Span

BAR = 32  # characters for the whole time
NAME = 26
_STYLES = {"server": "green", "producer": "cyan", "consumer": "green", "client": "blue"}


def waterfall(trace_id: str, spans: Sequence[Span], most: int | None = None) -> list[Segments]:
    """A line for the trace, and one for each of its spans, or so many; `spans` may hold what links to the trace."""
    start, end = min(span.start for span in spans), max(span.end for span in spans)
    head: Segments = [(f"trace {trace_id}", "bold"), (f"  {_milliseconds(end - start)}", "")]
    lines = [_line(span, depth, start, end) for span, depth in _ordered(trace_id, spans)]
    more: list[Segments] = (
        [[(f"  … {len(lines) - most} more spans: data-api trace {trace_id}", "dim")]]
        if most and len(lines) > most
        else []
    )
    return [head, *lines[:most], *more]


def _ordered(trace_id: str, spans: Sequence[Span]) -> Iterator[tuple[Span, int]]:
    """Depth first, each with its depth; a span whose parent is not here is at the margin."""
    unique = {span.span_id: span for span in sorted(spans, key=lambda span: span.start)}
    below: dict[str, list[Span]] = defaultdict(list)
    for span in unique.values():
        below[_parent(trace_id, span, unique.keys())].append(span)
    waiting = [(span, 0) for span in reversed(below[""])]
    while waiting:
        span, depth = waiting.pop()
        yield span, depth
        waiting += [(child, depth + 1) for child in reversed(below[span.span_id])]


def _parent(trace_id: str, span: Span, span_ids: Container[str]) -> str:
    if span.trace_id == trace_id:
        return span.parent_id if span.parent_id in span_ids else ""
    return next((span_id for trace, span_id in span.links if trace == trace_id and span_id in span_ids), "")


def _line(span: Span, depth: int, start: int, end: int) -> Segments:
    style = "red" if span.failed else _STYLES.get(span.kind, "")
    name = f"{'  ' * depth}{printable(span.name)}"
    before, filled = _bar(span, start, end)
    return [
        (f"  {printable(span.part):<{NAME_WIDTH}} ", "cyan"),
        (f"{name[:NAME]:<{NAME}} ", "bold"),
        ("│" + " " * before, "dim"),
        ("█" * filled, style),
        (" " * (BAR - before - filled) + "│", "dim"),
        (f" {'+' + _milliseconds(span.start - start):>11} {_milliseconds(span.end - span.start):>10}", ""),
        (_note(span), style),
    ]


def _bar(span: Span, start: int, end: int) -> tuple[int, int]:
    """Where it begins, and how long it is: at least one character, within the whole."""
    duration = max(end - start, 1)
    before = min((span.start - start) * BAR // duration, BAR - 1)
    return before, max(1, min(round((span.end - span.start) * BAR / duration), BAR - before))


def _note(span: Span) -> str:
    attributes = span.attributes
    notes = [
        attributes.get("http.response.status_code"),
        _named("attempt", attributes.get("messaging.gcp_pubsub.message.delivery_attempt")),
        _named("messages", attributes.get("messaging.batch.message_count")),
        _named("writes", attributes.get("db.operation.batch.size")),
        attributes.get("error.type") if "http.response.status_code" not in attributes else None,
    ]
    return "".join(f"  {printable(str(note))}" for note in notes if note is not None)


def _named(name: str, value: object) -> str | None:
    return None if value is None else f"{name} {value}"


def _milliseconds(nanoseconds: int) -> str:
    return f"{nanoseconds / 1e6:,.1f} ms"
