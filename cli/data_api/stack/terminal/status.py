"""Shows the state of a stack: as a table for people, as JSON for programs."""

import json
from collections.abc import Mapping

import click
from rich.console import Console
from rich.table import Table

from data_api.shared import stack_state
from data_api.shared.ports import LOOPBACK
from data_api.shared.stack_state import EXTERNAL, READY, StackState
from data_api.stack.runtime import health


def show_local_status(environ: Mapping[str, str], port: int, *, as_json: bool) -> bool:
    """Whether the stack on this port is healthy."""
    recorded = stack_state.read(stack_state.home(environ) / str(port))
    result = health.current_state(recorded) if recorded else None
    if result is None or result.state == health.STOPPED:
        sentence = f"No stack runs on port {port}: start one with `data-api up --port {port}`."
        click.echo(_stopped_as_json(port, sentence) if as_json else sentence)
        return False
    if as_json:
        click.echo(json.dumps(result.as_json(), indent=2))
    else:
        show(result, Console())
    return result.state == READY


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


def _stopped_as_json(port: int, sentence: str) -> str:
    return json.dumps({"url": f"http://{LOOPBACK}:{port}", "state": "stopped", "message": sentence, "processes": []})
