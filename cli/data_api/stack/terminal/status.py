"""Shows the state of stacks: as tables for people, as JSON for programs, as variables for a shell."""

import json
import shlex
from collections.abc import Mapping
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from data_api.shared import stack_state
from data_api.shared.errors import CliError
from data_api.shared.ports import LOOPBACK
from data_api.shared.stack_state import EXTERNAL, READY, StackState
from data_api.stack.runtime import health

NONE = "No stack of this project runs: start one with `data-api up`."


def show_local_status(environ: Mapping[str, str], port: int | None, *, as_json: bool) -> bool:
    """Whether the stack on this port is healthy; without a port, whether stacks of this project run, all healthy."""
    home = stack_state.home(environ)
    if port is None:
        return _show_all(_running(home), as_json=as_json)
    result = _current(home, port)
    if result is None:
        sentence = f"No stack runs on port {port}: start one with `data-api up --port {port}`."
        click.echo(_stopped_as_json(port, sentence) if as_json else sentence)
        return False
    if as_json:
        click.echo(json.dumps(result.as_json(), indent=2))
    else:
        show(result, Console())
    return result.state == READY


def show_variables(environ: Mapping[str, str], port: int | None) -> None:
    """Prints commands for a shell that name a running stack; raises CliError if it is not clear which one."""
    home = stack_state.home(environ)
    running = _running(home) if port is None else [state for state in [_current(home, port)] if state]
    if len(running) != 1:
        urls = ", ".join(state.url for state in running)
        raise CliError(f"Several stacks run ({urls}): choose one with --port." if running else NONE)
    (stack,) = running
    variables = {"DATA_API_URL": stack.url, **stack.emulators, "GOOGLE_CLOUD_PROJECT": stack.names["project"]}
    for name, value in variables.items():
        click.echo(f"export {name}={shlex.quote(value)}")


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


def _show_all(stacks: list[StackState], *, as_json: bool) -> bool:
    if as_json:
        click.echo(json.dumps({"stacks": [stack.as_json() for stack in stacks]}, indent=2))
    elif not stacks:
        click.echo(NONE)
    console = Console()
    for stack in [] if as_json else stacks:
        show(stack, console)
    return bool(stacks) and all(stack.state == READY for stack in stacks)


def _running(home: Path) -> list[StackState]:
    states = (_current(home, port) for port in stack_state.recorded_ports(home))
    return [state for state in states if state]


def _current(home: Path, port: int) -> StackState | None:
    """The state of a stack that runs, else None."""
    recorded = stack_state.read(home / str(port))
    result = health.current_state(recorded) if recorded else None
    return None if result is None or result.state == health.STOPPED else result


def _stopped_as_json(port: int, sentence: str) -> str:
    return json.dumps({"url": f"http://{LOOPBACK}:{port}", "state": "stopped", "message": sentence, "processes": []})
