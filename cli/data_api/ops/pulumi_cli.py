"""Asks the program `pulumi`.

Owns the commands and the forms of their answers (https://www.pulumi.com/docs/iac/cli/commands/). Raises CliError with
what the program says; a missing program is reported with how to install it.

Without a terminal Pulumi cannot ask for the passphrase of a stack's secrets, and then it creates no stack and shows no
secret. If the environment has no passphrase, it gets the empty one, which `data-api init` creates stacks with.
"""

import json
from collections.abc import Sequence
from typing import Any

from data_api.ops.dependencies import Dependencies
from data_api.shared.errors import CliError
from data_api.shared.programs import NOT_FOUND

INSTALL = "curl -fsSL https://get.pulumi.com | sh"
PASSPHRASES = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")


class NoPulumi(CliError):
    """The program is not installed."""


def version(dependencies: Dependencies) -> str:
    """As in 3.260.0."""
    return _run(dependencies, ["version"]).removeprefix("v")


def plugins(dependencies: Dependencies) -> set[tuple[str, str]]:
    """Name and version of each plugin that is installed."""
    return {(plugin["name"], plugin["version"]) for plugin in _json(dependencies, ["plugin", "ls", "--json"])}


def backend(dependencies: Dependencies) -> str:
    """The address of where the state is kept, as in gs://BUCKET."""
    return str(_json(dependencies, ["whoami", "--json"])["url"])


def stacks(dependencies: Dependencies) -> set[str]:
    """The stacks that the state knows."""
    return {stack["name"].rpartition("/")[2] for stack in _json(dependencies, ["stack", "ls", "--json"])}


def outputs(dependencies: Dependencies, stack: str) -> dict[str, Any]:
    """What the deployment has exported; nothing before the first one."""
    by_name: dict[str, Any] = _json(dependencies, ["stack", "output", "--json", "--stack", stack])
    return by_name


def secret_output(dependencies: Dependencies, stack: str, name: str) -> str:
    """One output in plain text, for what is hidden in the others."""
    return _run(dependencies, ["stack", "output", name, "--show-secrets", "--stack", stack])


def change(dependencies: Dependencies, arguments: Sequence[str]) -> None:
    """Any command that changes something, without `pulumi` before it."""
    _run(dependencies, arguments)


def _json(dependencies: Dependencies, arguments: Sequence[str]) -> Any:  # noqa: ANN401 - any JSON
    text = _run(dependencies, arguments)
    try:
        return json.loads(text)
    except ValueError as error:
        raise CliError(f"`pulumi {' '.join(arguments)}` did not answer with JSON: update it with {INSTALL}") from error


def _run(dependencies: Dependencies, arguments: Sequence[str]) -> str:
    has_passphrase = any(name in dependencies.environ for name in PASSPHRASES)
    ended = dependencies.run(
        ["pulumi", "--non-interactive", *arguments], {} if has_passphrase else {PASSPHRASES[0]: ""}
    )
    if ended.exit_code == NOT_FOUND:
        raise NoPulumi(f"Pulumi is not installed: {INSTALL}")
    if ended.exit_code:
        stderr = " ".join((ended.stderr or ended.stdout).split()).removeprefix("error: ")
        raise CliError(f"`pulumi {' '.join(arguments)}` failed: {stderr}")
    return ended.stdout
