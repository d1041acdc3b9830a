"""Prints dead letters for people: tables in a terminal, tab-separated lines in a pipe.

What a user sent is printed only with --payload, and none of its characters controls the terminal.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import click
import rich.progress
from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from data_api.ops.dead_letters.actions import Entry, Outcome, Progress
from data_api.ops.dead_letters.documents import DeadLetter, Message
from data_api.ops.dead_letters.json_output import fields_of, reasons
from data_api.ops.google_api import written
from data_api.shared.printable import printable

Rows = Sequence[Sequence[str]]

_GAP = 2  # characters between columns
_NUMBERS = {"count", "attempts", "replays"}
_WRAPPED = {"reason": 20, "ids": 32}  # columns and their least widths: an id has 32 characters


def show_reasons(dead_letters: Sequence[DeadLetter]) -> None:
    """One line for each reason, the most frequent first."""
    rows = [
        [str(reason["count"]), _short(reason["firstAt"]), _short(reason["lastAt"]), reason["reason"]]
        for reason in reasons(dead_letters)
    ]
    _table(("count", "first (UTC)", "last (UTC)", "reason"), rows)


def show_dead_letters(dead_letters: Sequence[DeadLetter]) -> None:
    """One line for each dead letter."""
    rows = [
        [
            dead_letter.id,
            _short(written(dead_letter.last_at)),
            str(dead_letter.attempts),
            str(dead_letter.replays),
            dead_letter.record_id,
            dead_letter.reason,
        ]
        for dead_letter in dead_letters
    ]
    _table(("id", "last (UTC)", "attempts", "replays", "record", "reason"), rows)


def show_message(message: Message, *, with_payload: bool) -> None:
    """Everything but what the user sent, unless that is asked for."""
    fields = {name: value for name, value in fields_of(message.dead_letter).items() if value not in (None, "")}
    attributes = {f"attribute {name}": value for name, value in sorted(message.attributes.items())}
    for name, value in {**fields, **attributes}.items():
        click.echo(f"{name:<12} {printable(str(value))}")
    if not message.dead_letter.whole:
        click.echo(_NOT_WHOLE)
    elif with_payload:
        click.echo(printable(message.data.decode(errors="backslashreplace")))
    else:
        click.echo("The message itself is shown with --payload: it is what a user sent.")


def show_log(entries: Sequence[Entry]) -> None:
    """One line for each replay or discard."""
    rows = [
        [
            _short(written(entry.at)),
            entry.actor,
            entry.action,
            str(len(entry.dead_letters)),
            " ".join(entry.dead_letters),
        ]
        for entry in entries
    ]
    _table(("when (UTC)", "who", "what", "count", "ids"), rows)


def summary(outcome: Outcome, verb: str) -> list[str]:
    """What became of the dead letters, a sentence each."""
    lines = [f"{counted(outcome.done)} {verb}."]
    if outcome.changed:
        lines.append(f"{counted(outcome.changed)} changed or were deleted meanwhile: list them again.")
    if outcome.not_whole:
        lines.append(f"{counted(outcome.not_whole)} not replayed. {_NOT_WHOLE}")
    return lines


@contextmanager
def bar(title: str, total: int) -> Iterator[Progress]:
    """How many dead letters are done, on standard error in a terminal."""
    console = Console(stderr=True)
    columns = (
        rich.progress.TextColumn("{task.description}"),
        rich.progress.BarColumn(),
        rich.progress.MofNCompleteColumn(),
        rich.progress.TimeRemainingColumn(),
    )
    with rich.progress.Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task(title, total=total)
        yield lambda done: shown.advance(task, done)


_NOT_WHOLE = (
    "The message is longer than a document can be: only the dead-letter topic's retained subscription has it, "
    "for 31 days after it failed."
)


def counted(count: int) -> str:
    """The number of dead letters, in words."""
    return "1 dead letter" if count == 1 else f"{count:,} dead letters"


def _short(time: str) -> str:
    return f"{datetime.fromisoformat(time).astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _table(headings: Sequence[str], rows: Rows) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        for row in rows:
            click.echo("\t".join(map(printable, row)))
        return
    cells = [[printable(cell) for cell in row] for row in rows]
    # Wider than the terminal rather than with a cut id: ids are copied.
    needed = sum(_least_width(column) + _GAP for column in zip(headings, *cells, strict=True))
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in headings:
        justify: JustifyMethod = "right" if heading in _NUMBERS else "left"
        table.add_column(heading, justify=justify, no_wrap=heading not in _WRAPPED)
    for row in cells:
        table.add_row(*map(Text, row))
    Console(highlight=False, width=max(console.width, needed)).print(table)


def _least_width(column: Sequence[str]) -> int:
    """The width in which no id of the column is cut; `column` begins with its heading."""
    widest = max(map(cell_len, column))
    return min(widest, _WRAPPED.get(column[0], widest))
