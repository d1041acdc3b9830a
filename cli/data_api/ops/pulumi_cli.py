"""Asks the program `pulumi`.

Owns the commands and the forms of their answers (https://www.pulumi.com/docs/iac/cli/commands/). Raises CliError with
what the program says; that there is none is said with how to get it.
Leaves what the answers mean to the checks and the drill.
"""

import json
from collections.abc import Sequence
from typing import Any

from data_api.ops.dependencies import Outside
from data_api.shared.errors import CliError
from data_api.shared.programs import NOT_FOUND

INSTALL = "curl -fsSL https://get.pulumi.com | sh"


class NoPulumi(CliError):
    """The program is not installed."""


def version(outside: Outside) -> str:
    """As in 3.260.0."""
    return _asked(outside, ["version"]).removeprefix("v")


def plugins(outside: Outside) -> set[tuple[str, str]]:
    """Name and version of each plugin that is installed."""
    return {(each["name"], each["version"]) for each in _json(outside, ["plugin", "ls", "--json"])}


def backend(outside: Outside) -> str:
    """The address of where the state is kept, as in gs://BUCKET."""
    return str(_json(outside, ["whoami", "--json"])["url"])


def stacks(outside: Outside) -> set[str]:
    """The stacks that the state knows."""
    return {each["name"].rpartition("/")[2] for each in _json(outside, ["stack", "ls", "--json"])}


def outputs(outside: Outside, stack: str) -> dict[str, Any]:
    """What the deployment has exported; nothing before the first one."""
    found: dict[str, Any] = _json(outside, ["stack", "output", "--json", "--stack", stack])
    return found


def _json(outside: Outside, arguments: Sequence[str]) -> Any:  # noqa: ANN401 - any JSON
    text = _asked(outside, arguments)
    try:
        return json.loads(text)
    except ValueError as fault:
        raise CliError(f"`pulumi {' '.join(arguments)}` answers with no JSON: update it with {INSTALL}") from fault


def _asked(outside: Outside, arguments: Sequence[str]) -> str:
    ended = outside.run(["pulumi", "--non-interactive", *arguments])
    if ended.exit_code == NOT_FOUND:
        raise NoPulumi(f"Pulumi is not installed: {INSTALL}")
    if ended.exit_code:
        complaint = " ".join((ended.stderr or ended.stdout).split()).removeprefix("error: ")
        raise CliError(f"`pulumi {' '.join(arguments)}` fails: {complaint}")
    return ended.stdout
