"""Shows the way of a record: a table and a waterfall in a terminal, lines with tabs in a pipe, JSON for programs."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from data_api.shared.printable import printable
from data_api.shared.traces.timeline import Step, Timeline
from data_api.shared.traces.waterfall import waterfall

STYLES = {
    "stored": "green",
    "duplicate": "green",
    "failed": "yellow",
    "rejected": "bold red",
    "crashed": "bold red",
    "dead-lettered": "bold red",
}


def as_json(timeline: Timeline) -> str:
    """One JSON object; times in RFC 3339, what passed before a step in milliseconds."""
    steps = [
        {
            "at": step.at.isoformat(),
            "afterMs": round(passed, 3),
            "event": step.event,
            "part": step.part,
            "detail": step.detail,
        }
        for step, passed in _with_time_between(timeline.steps)
    ]
    spans = [asdict(span) for span in timeline.spans]
    return json.dumps(
        {"id": timeline.id, "outcome": timeline.outcome, "traces": timeline.traces, "steps": steps, "spans": spans},
        indent=2,
    )


def show(timeline: Timeline, console: Console) -> None:
    """The steps, and the spans if there are any."""
    if not console.is_terminal:
        for step, passed in _with_time_between(timeline.steps):
            texts = (step.at.isoformat(), _after(passed), step.event, step.part, step.detail)
            click.echo("\t".join(map(printable, texts)))
        return
    if timeline.end:
        duration = (timeline.end.at - timeline.steps[0].at).total_seconds() * 1_000
        console.print(f"{timeline.id} {timeline.outcome} after {duration:,.1f} ms\n", highlight=False)
    if timeline.steps:
        console.print(_table(timeline.steps))
    for trace_id in timeline.traces:
        spans = [span for span in timeline.spans if trace_id in {span.trace_id, *(trace for trace, _ in span.links)}]
        if spans:
            console.print()
            console.print(Text("\n").join(Text.assemble(*line) for line in waterfall(trace_id, spans)), soft_wrap=True)


def _table(steps: tuple[Step, ...]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("time", no_wrap=True)
    table.add_column("after", justify="right", no_wrap=True)
    for name in ("event", "by", ""):
        table.add_column(name)
    today = datetime.now().astimezone().date()
    with_date = any(step.at.astimezone().date() != today for step in steps)
    for step, passed in _with_time_between(steps):
        event = Text(printable(step.event), STYLES.get(step.event, ""))
        texts = (Text(printable(text)) for text in (step.part, step.detail))
        table.add_row(_clock(step.at, with_date=with_date), _after(passed), event, *texts)
    return table


def _with_time_between(steps: tuple[Step, ...]) -> Iterator[tuple[Step, float]]:
    """Each with the milliseconds since the one before."""
    for before, step in zip((*steps[:1], *steps), steps, strict=False):
        yield step, (step.at - before.at).total_seconds() * 1_000


def _after(milliseconds: float) -> str:
    return f"+{milliseconds:,.1f} ms"


def _clock(moment: datetime, *, with_date: bool) -> str:
    local = moment.astimezone()
    return f"{local:{'%Y-%m-%d ' if with_date else ''}%H:%M:%S}.{local.microsecond // 1000:03d}"
