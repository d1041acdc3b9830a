"""Shows the state of a stack: as a table for people, as JSON for programs."""

import json

from rich.console import Console
from rich.table import Table

from data_api.shared.stack_state import EXTERNAL, READY, StackState


def as_json(stack: StackState) -> str:
    """One JSON object, with a list of processes."""
    return json.dumps(stack.as_json(), indent=2)


def show(stack: StackState, console: Console) -> None:
    """Prints the processes and the folder of the logs."""
    console.print(f"Data API at {stack.url}: {stack.state}", highlight=False)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("process", "state", "port", "pid"):
        table.add_column(heading, justify="right" if heading in {"port", "pid"} else "left")
    for process in stack.processes:
        style = "green" if process.state in {READY, EXTERNAL} else "bold red"
        table.add_row(process.name, f"[{style}]{process.state}[/]", str(process.port), str(process.pid or ""))
    console.print(table)
    console.print(f"Logs: {stack.logs}", highlight=False, soft_wrap=True)
