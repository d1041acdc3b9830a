"""The command `down`: stops local stacks, in whichever terminal or background they run."""

import os

import click

from data_api.shared.options import port_option


@click.command()
@port_option
@click.option("--all", "is_all", is_flag=True, help="Stop all stacks of this project.")
def down(port: int, *, is_all: bool) -> None:
    """Stop a local stack.

    As Ctrl-C in its terminal does: what was accepted is stored, and the records are kept for the next start.
    """
    from data_api.shared import stack_state  # noqa: PLC0415 - `data-api --help` stays quick without it
    from data_api.stack import detached  # noqa: PLC0415 - the same
    from data_api.stack.runtime import health  # noqa: PLC0415 - the same

    home = stack_state.home(os.environ)
    ports = stack_state.recorded_ports(home) if is_all else [port]
    recorded = [state for number in ports if (state := stack_state.read(home / str(number)))]
    running = [state for state in recorded if health.is_running(state.pid, state.created)]
    for state in running:
        detached.stop(state)
        click.echo(f"Stopped the stack at {state.url}.")
    if not running:
        click.echo("No stack of this project runs." if is_all else f"No stack of this project runs on port {port}.")
