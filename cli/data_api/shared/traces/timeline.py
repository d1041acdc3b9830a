"""Builds the timeline of one record from log lines and spans: accepted, published, delivered, stored or dead-lettered.

Pure: lines and spans in, steps out. A record is known by the lines that name it, by the messages that these name, and,
where it was accepted alone, by its trace. A span adds moments that no line has; lines alone are enough.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from data_api.shared.log_lines import TRACE
from data_api.shared.traces.spans import Span

MESSAGE_ID = "messaging.message.id"
# What a line's event means for the record, where it is not called so.
_WORDS = {"dead_lettered": "dead-lettered", "refused": "failed"}
_STORED = ("stored", "duplicate")
_TELLING = ("accepted", "failed", "crashed", "rejected", "dead-lettered", "replayed")


@dataclass(frozen=True)
class Line:
    """An event that a part has logged."""

    part: str
    at: datetime
    fields: dict[str, Any]  # whatever JSON can hold

    @property
    def event(self) -> str:
        """Its name."""
        return str(self.fields["message"])

    @property
    def trace(self) -> str:
        """The trace's id, or nothing."""
        return str(self.fields.get(TRACE, "")).rpartition("/")[2]


@dataclass(frozen=True)
class Step:
    """Something that happened to a record."""

    at: datetime
    event: str
    part: str
    detail: str


@dataclass(frozen=True)
class Timeline:
    """What is known of a record, or of a trace: its steps in the order of time, and its spans."""

    id: str
    traces: tuple[str, ...]
    steps: tuple[Step, ...]
    spans: tuple[Span, ...]

    @property
    def end(self) -> Step | None:
        """The step that decides the outcome: the first that stored it, else the last."""
        stored = [step for step in self.steps if step.event in _STORED]
        telling = [step for step in self.steps if step.event in _TELLING]
        return stored[0] if stored else telling[-1] if telling else None

    @property
    def outcome(self) -> str | None:
        """`stored`, or the event of the last decisive step; None as long as there is no such step."""
        return None if self.end is None else "stored" if self.end.event in _STORED else self.end.event


def names(lines: Iterable[Line], wanted: str) -> set[str]:
    """By what else there may be lines about this id: the traces and messages of those that name it."""
    messages = {str(line.fields["messageId"]) for line in lines if line.fields.get("messageId")}
    return messages | {line.trace for line in lines if line.trace} | {wanted}


def of(wanted: str, lines: Sequence[Line], spans: Sequence[Span]) -> Timeline | None:
    """The way of the record with this id, or what happened in the trace with this id; None where neither is known."""
    own = [line for line in lines if line.fields.get("id") == wanted]
    if not own:
        return _of_trace(wanted, lines, spans)
    traces = {line.trace for line in own}
    messages = {line.fields.get("messageId") for line in own} - {None}
    alone = {line.trace for line in own if line.event == "accepted"}
    related = [line for line in lines if line in own or _concerns(line, traces, messages, alone)]
    if alone:  # nothing else is in these traces
        messages |= {line.fields.get("messageId") for line in related} - {None}
    seen = [span for span in spans if _serves(span, traces)]
    concerned = [span for span in seen if span.kind != "consumer" or span.attributes.get(MESSAGE_ID) in messages]
    shown = _without_others(seen, concerned)
    return Timeline(wanted, tuple(sorted(traces)), _steps(related, shown), tuple(shown))


def _of_trace(wanted: str, lines: Sequence[Line], spans: Sequence[Span]) -> Timeline | None:
    related = [line for line in lines if line.trace == wanted]
    seen = [span for span in spans if _serves(span, {wanted})]
    return Timeline(wanted, (wanted,), _steps(related, seen), tuple(seen)) if related or seen else None


def _concerns(line: Line, traces: set[str], messages: set[Any], alone: set[str]) -> bool:
    """Whether a line without the record's id is about it."""
    if line.trace not in traces or "id" in line.fields:
        return False
    message = line.fields.get("messageId")
    return line.trace in alone or message in messages or (message is None and line.event == "accepted")


def _serves(span: Span, traces: set[str]) -> bool:
    return span.trace_id in traces or any(trace_id in traces for trace_id, _ in span.links)


def _without_others(seen: Sequence[Span], concerned: Sequence[Span]) -> list[Span]:
    """What is done for other records of a batch goes, with the writes that served none but those."""
    others = {span.span_id for span in seen} - {span.span_id for span in concerned}
    span_ids = {span.span_id for span in concerned}
    return [
        span
        for span in concerned
        if span.parent_id not in others or any(linked in span_ids for _, linked in span.links)
    ]


def _steps(lines: Sequence[Line], spans: Sequence[Span]) -> tuple[Step, ...]:
    attempts: dict[Any, int] = {}  # by message: the emulator does not count
    steps = [_of_span(span) for span in spans if span.kind in {"server", "producer", "consumer"}]
    for line in sorted(lines, key=lambda line: line.at):
        if line.part == "persist":
            message = line.fields.get("messageId")
            attempts[message] = attempts.get(message, 0) + 1
        steps.append(_of_line(line, attempts.get(line.fields.get("messageId"), 0)))
    return tuple(sorted(steps, key=lambda step: step.at))


def _of_span(span: Span) -> Step:
    """A request begins; a message is published when Pub/Sub has confirmed it."""
    if span.kind == "producer":
        return Step(_moment(span.end), "published", span.part, _shared(span.attributes.get("data_api.group_size")))
    event = "delivered" if span.kind == "consumer" else "received"
    return Step(_moment(span.start), event, span.part, "" if span.kind == "consumer" else span.name)


def _of_line(line: Line, counted: int) -> Step:
    fields = line.fields
    attempt = fields.get("attempt") or (counted if line.part == "persist" else None)
    details = [
        f"attempt {attempt}" if attempt else "",
        f"after {fields['attempts']} attempts" if "attempts" in fields else "",
        f"{fields['records']} records together" if fields.get("records", 1) != 1 else "",
        _shared(fields.get("groupSize")) if line.event in {"stored", "duplicate"} else "",
        str(fields.get("reason", "")),
    ]
    return Step(line.at, _WORDS.get(line.event, line.event), line.part, ", ".join(filter(None, details)))


def _shared(size: Any) -> str:  # noqa: ANN401 - what a line or a span says
    others = size - 1 if isinstance(size, int) else 0
    return f"with {others} other{'s' if others > 1 else ''}" if others > 0 else ""


def _moment(nanoseconds: int) -> datetime:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC)
