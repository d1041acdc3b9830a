"""Explains why a local gateway does not know the key of a token: the stack was started from another folder."""

import os
import shlex
from urllib.parse import urlsplit

from data_api.shared import stack_state
from data_api.shared.stack_folder import folder_of_stack
from data_api.shared.start_command import start_command

UNKNOWN_KEY = "Jwks doesn't have key to match kid"  # the start of the gateway's message


def unknown_key_advice(url: str) -> str:
    """What to do about a token that the local stack at this address does not accept."""
    port = urlsplit(url).port or 80
    own, answering = stack_state.home(os.environ), folder_of_stack(port)
    if answering == own:
        return f"The signing key in {own} has changed since the stack was started: stop it and start it again."
    other = f"Start one of this folder on another port, with `{start_command(port % 65535 + 1)}`"
    if answering is None:
        return f"The stack on port {port} was not started from {own.parent} and has another key. {other}."
    return (
        f"The stack on port {port} was started from {answering.parent} and accepts only tokens signed with the key of "
        f"that folder; this program uses {own.parent}. {other}, or use the other stack: "
        f"set {stack_state.HOME_VARIABLE}={shlex.quote(str(answering.parent))}."
    )
