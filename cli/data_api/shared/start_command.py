"""The command with which the user starts a stack, for messages: `data-api up`, or `make up` if make runs it."""

import os
from collections.abc import Mapping

from data_api.shared.options import port_argument
from data_api.shared.ports import DEFAULT_PORT

MAKE_VARIABLE = "DATA_API_STARTED_BY_MAKE"  # set in the Makefile


def start_command(port: int, environ: Mapping[str, str] = os.environ) -> str:
    """Starts a stack on this port."""
    return make_command(port) if environ.get(MAKE_VARIABLE) else f"data-api up{port_argument(port)}"


def make_command(port: int) -> str:
    """The same for a user of make."""
    return "make up" if port == DEFAULT_PORT else f"make up PORT={port}"


def port_choice(port: int, environ: Mapping[str, str] = os.environ) -> str:
    """How to choose another port than this one, as in "choose another port …"."""
    return f"with `{make_command(port % 65535 + 1)}`" if environ.get(MAKE_VARIABLE) else "with --port"
