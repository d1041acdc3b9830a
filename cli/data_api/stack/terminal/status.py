"""Shows how a stack is: as a table for a person, as JSON for a program."""

import json

from rich.console import Console
from rich.table import Table

from data_api.shared.stack_state import EXTERNAL, READY, StackState


def as_json(stack: StackState) -> str:
    """One JSON object; the parts are told apart by name."""
    return json.dumps(stack.as_json(), indent=2)


def show(stack: StackState, console: Console) -> None:
    """The parts, and where the logs are."""
    console.print(f"Data API at {stack.url}: {stack.state}", highlight=False)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("part", "state", "port", "process"):
        table.add_column(heading, justify="right" if heading in {"port", "process"} else "left")
    for part in stack.parts:
        style = "green" if part.state in {READY, EXTERNAL} else "bold red"
        table.add_row(part.name, f"[{style}]{part.state}[/]", str(part.port), str(part.pid or ""))
    console.print(table)
    console.print(f"Logs: {stack.logs}", highlight=False, soft_wrap=True)
