"""Shows dead letters: tables in a terminal, lines with tabs in a pipe, JSON where it is asked for.

Owns every form in which a dead letter is printed. What users sent is shown only where it is asked for, and no
character of
it may steer the terminal.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import click
import rich.progress
from rich.console import Console
from rich.table import Table
from rich.text import Text

from data_api.ops.dead_letters.actions import Entry, Outcome, Progress
from data_api.ops.dead_letters.documents import DeadLetter, Message
from data_api.ops.google_api import written
from data_api.shared.printable import json_text, printable

Rows = Sequence[Sequence[str]]


def as_json(dead_letters: Sequence[DeadLetter]) -> str:
    """One object: the reasons, and every dead letter."""
    shown = {"reasons": _reasons(dead_letters), "deadLetters": [_mapping(dead_letter) for dead_letter in dead_letters]}
    return json_text(shown, indent=2)


def show_reasons(dead_letters: Sequence[DeadLetter]) -> None:
    """One line for each reason, the most frequent first."""
    rows = [
        [str(reason["count"]), _short(reason["firstAt"]), _short(reason["lastAt"]), reason["reason"]]
        for reason in _reasons(dead_letters)
    ]
    _table(("count", "first (UTC)", "last (UTC)", "reason"), rows)


def show_letters(dead_letters: Sequence[DeadLetter]) -> None:
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
    fields = {name: value for name, value in _mapping(message.dead_letter).items() if value not in (None, "")}
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


def _reasons(dead_letters: Sequence[DeadLetter]) -> list[dict[str, Any]]:
    groups: dict[str, list[DeadLetter]] = {}
    for dead_letter in dead_letters:
        groups.setdefault(dead_letter.reason, []).append(dead_letter)
    return [
        {
            "reason": reason,
            "count": len(group),
            "firstAt": written(min(dead_letter.first_at for dead_letter in group)),
            "lastAt": written(max(dead_letter.last_at for dead_letter in group)),
        }
        for reason, group in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    ]


def _mapping(dead_letter: DeadLetter) -> dict[str, Any]:
    """As in the document; without what only a change needs."""
    fields = {_camel(name): value for name, value in asdict(dead_letter).items() if name != "version"}
    return {name: written(value) if isinstance(value, datetime) else value for name, value in fields.items()}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


def _short(time: str) -> str:
    return f"{datetime.fromisoformat(time).astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _table(headings: Sequence[str], rows: Rows) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        for row in rows:
            click.echo("\t".join(map(printable, row)))
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in headings:
        table.add_column(heading, justify="right" if heading in {"count", "attempts", "replays"} else "left")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    console.print(table)
