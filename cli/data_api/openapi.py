"""The command `openapi`: prints the contract as one document, for generators, linters and readers.

It is above the sub-packages because `ops` knows where a deployment is. The functions make the document
(dataapi.openapi). The program shares no code with them, so that runs as a process of its own.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from data_api.shared.errors import CliError
from data_api.shared.ports import DEFAULT_PORT, LOOPBACK

_FUNCTIONS = Path(__file__).parents[2] / "functions"
_PROGRAM = (sys.executable, "-m", "dataapi.openapi")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of YAML.")
@click.option("--stack", metavar="NAME", help="Name the address of this deployment, which Pulumi knows.")
@click.option("--url", metavar="URL", help="Name this address of the API.  [default: the local stack]")
def openapi(stack: str | None, url: str | None, *, as_json: bool) -> None:
    """Print the contract as one OpenAPI document.

    It is made from openapi.yaml and functions/record.schema.json of this project, and refers to no other file, so that
    generators can make a client from it: docs/clients.md. A deployment serves its own at /openapi.json.

    \b
    data-api openapi --json > openapi.json
    data-api openapi --stack dev
    """  # noqa: D301 - click's mark for lines that are not wrapped
    if stack and url:
        raise click.UsageError("--stack has an address, which Pulumi knows: leave out --url.")
    document = _bundle(*_server(stack, url))
    if as_json:
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        import yaml  # noqa: PLC0415 - JSON does not need it

        click.echo(yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=120), nl=False)


def _server(stack: str | None, url: str | None) -> tuple[str, str]:
    """The server's address and its description."""
    if stack:
        from data_api.ops.dependencies import Dependencies  # noqa: PLC0415 - only a deployment needs it
        from data_api.ops.deployment import read_address  # noqa: PLC0415 - the same

        dependencies = click.get_current_context().find_object(Dependencies) or Dependencies()
        return read_address(dependencies, stack).url, f"The deployment {stack}."
    if url:
        return _checked(url), "The API."
    return f"http://{LOOPBACK}:{DEFAULT_PORT}", "The local stack; a deployment's own /openapi.json is relative to it."


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise click.BadParameter(f"{url} is not a valid address ({error}).", param_hint="--url") from error
    if not parts.hostname or parts.scheme not in ("http", "https") or parts.username or parts.query or parts.fragment:
        raise click.BadParameter(f"{url} is not of the form https://HOST.", param_hint="--url")
    return url.rstrip("/")


def _bundle(address: str, description: str) -> dict[str, Any]:
    """Raises CliError with the reason if the functions cannot make it."""
    if not _FUNCTIONS.is_dir():
        raise CliError("This needs the folder functions of the project: run it in a clone, after `make setup`.")
    command = (*_PROGRAM, address, description)
    made = subprocess.run(command, cwd=_FUNCTIONS, capture_output=True, check=False)  # noqa: S603 - no shell
    if made.returncode:
        problem = (made.stderr.decode(errors="replace").strip().splitlines() or ["no reason was given"])[-1]
        raise CliError(f"The document cannot be made. {problem}")
    document: dict[str, Any] = json.loads(made.stdout)
    return document
