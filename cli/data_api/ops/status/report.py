"""Prints the status of a deployment: columns in a terminal, lines with tabs in a pipe, JSON for programs.

States and messages are Google's, and log lines may hold what a user sent: no character of them may steer the terminal.
"""

import json

import click
from rich.console import Console
from rich.text import Text

from data_api.ops.status.part import Part
from data_api.ops.status.readings import Status
from data_api.shared.printable import printable

_STYLES = {True: "green", False: "bold red", None: "yellow"}


def as_json(status: Status) -> str:
    """One object; `ok` is null for a part that could not be read."""
    return json.dumps(
        {
            "ok": status.is_ok,
            "stack": status.deployment.stack,
            "project": status.deployment.project,
            "url": status.deployment.url,
            "functions": {name: part.as_json() for name, part in status.functions.items()},
            **{name: part.as_json() for name, part in status.others.items()},
        },
        indent=2,
    )


def show(status: Status, console: Console) -> None:
    """The verdict, and a line for each part with its details below it."""
    deployment = status.deployment
    style = _STYLES[status.is_ok]
    title = f"Data API {deployment.stack} at {deployment.url}: "
    console.print(Text.assemble(printable(title), (_verdict(status), style)), soft_wrap=True)
    widths = [
        max(len(text) for text in texts) for texts in zip(*((p.name, p.state) for p in status.parts), strict=True)
    ]
    for part in status.parts:
        _print_part(part, widths, console)


def _print_part(part: Part, widths: list[int], console: Console) -> None:
    if not console.is_terminal:
        for texts in ((part.name, part.state, part.message), *((part.name, "", line) for line in part.details)):
            click.echo("\t".join(map(printable, texts)))
        return
    name, state = (f"{printable(text):<{width}}  " for text, width in zip((part.name, part.state), widths, strict=True))
    line = Text.assemble(name, (state, _STYLES[part.ok]), printable(part.message))
    console.print(line, soft_wrap=True)
    for detail in part.details:
        console.print(Text(f"    {printable(detail)}", "dim"), soft_wrap=True)


def _verdict(status: Status) -> str:
    unknown = sum(part.ok is None for part in status.parts)
    if unknown == len(status.parts):
        return "unknown"
    verdict = "healthy" if status.is_ok else "needs attention"
    return f"{verdict}, {unknown} unknown" if unknown else verdict
