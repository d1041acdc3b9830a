"""The command `reset`: deletes the records that a local stack keeps while it does not run."""

import os
import shutil
from pathlib import Path

import click

from data_api.shared import stack_state
from data_api.shared.errors import CliError
from data_api.shared.options import port_option


@click.command()
@port_option
def reset(port: int) -> None:
    """Delete the records that the local stack keeps.

    The next `data-api up` on this port starts empty. The stack must not run.
    """
    folder = stack_state.home(os.environ) / str(port)
    nothing = f"No records are kept for port {port}."
    if not folder.exists():
        click.echo(nothing)
        return
    with stack_state.claimed(folder):
        paths = list(folder.glob(stack_state.DATA_FOLDERS))
        for path in paths:
            _delete(path)
    click.echo(f"Deleted the records that were kept for port {port}." if paths else nothing)


def _delete(path: Path) -> None:
    try:
        shutil.rmtree(path)
    except OSError as error:
        raise CliError(f"{path} cannot be deleted ({error.strerror}): delete it yourself.") from error
