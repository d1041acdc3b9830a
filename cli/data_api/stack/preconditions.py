"""Checks what a stack needs before it can start: a free port, and Envoy.

`data-api up` and `data-api doctor` call these functions.
"""

from pathlib import Path

from data_api.shared import ports, stack_state
from data_api.shared.errors import CliError
from data_api.shared.ports import DEFAULT_PORT
from data_api.shared.start_command import port_choice
from data_api.stack.gateway import envoy
from data_api.stack.runtime import health


def check_port(port: int) -> None:
    """Raises CliError if the gateway cannot listen on the port."""
    try:
        if ports.is_free(port):
            return
    except PermissionError:
        choice = port_choice(DEFAULT_PORT)
        raise CliError(f"You may not use port {port}: choose one above 1023 {choice}.") from None
    if health.is_data_api(port):
        raise CliError(stack_state.already_up(port))
    raise CliError(f"Port {port} is in use by another program: stop it, or choose another port {port_choice(port)}.")


def check_envoy() -> str:
    """The path of Envoy; raises CliError if it is missing."""
    command = envoy.envoy_command(Path())[0]
    if not Path(command).is_file():
        raise CliError(f"Envoy is missing ({command}): run `make setup` to install it.")
    return command
