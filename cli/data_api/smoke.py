"""The command `smoke`: shows that a stack does its work, with one record.

It is above the sub-packages because it uses two of them: `records` calls the API, `ops` knows where a deployment is.
"""

import re
import shlex
from itertools import chain
from typing import TYPE_CHECKING

import click

from data_api.records.options import Caller, at_deployment, caller_options
from data_api.shared.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data_api.ops.deployment import Address
    from data_api.shared.check_result import CheckResult

_DURATION = re.compile(r"(\d{1,5})([smh])")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


def _duration(_context: click.Context, _option: click.Parameter, text: str) -> int:
    match = _DURATION.fullmatch(text)
    if match is None:
        raise click.BadParameter("give a number with s, m or h, as in 30s or 5m.")
    return int(match[1]) * _SECONDS[match[2]]


@click.command()
@click.option("--stack", metavar="NAME", help="A deployment; Pulumi knows its address.  [default: the local stack]")
@click.option(
    "--wait",
    default="0s",
    metavar="TIME",
    callback=_duration,
    help="Try for this long what a fresh deployment does not allow yet, as in 5m: its grants take minutes to work.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@caller_options
def smoke(caller: Caller, stack: str | None, wait: int, *, as_json: bool) -> None:
    """Show that a stack stores a record and returns it.

    Posts the first example of functions/record.schema.json, posts it again with the same Idempotency-Key, reads it
    back, finds it in the list, opens the web page, and checks that requests without a token and with a forged one get
    401. The record is yours and stays; nothing is deleted.

    With --stack it also checks that each function runs the code of this checkout. That needs roles/viewer; without a
    credential of Google it is reported as unknown.

    Exits with 0 if all steps succeed, else with 1.

    \b
    data-api smoke
    data-api smoke --stack dev --wait 5m
    """  # noqa: D301 - click's mark for lines that are not wrapped
    from rich.console import Console  # noqa: PLC0415 - `data-api --help` stays quick without it

    from data_api.ops.builds import stack_builds  # noqa: PLC0415 - the same
    from data_api.ops.dependencies import Dependencies  # noqa: PLC0415 - the same
    from data_api.ops.deployment import read_address  # noqa: PLC0415 - the same
    from data_api.ops.doctor import report  # noqa: PLC0415 - the same
    from data_api.records.session import session  # noqa: PLC0415 - the same
    from data_api.records.smoke import Smoke  # noqa: PLC0415 - the same
    from data_api.shared import record_schema  # noqa: PLC0415 - the same

    address: Address | None = None
    builds: Iterator[CheckResult] = iter(())
    if stack:
        dependencies = click.get_current_context().find_object(Dependencies) or Dependencies()
        address = read_address(dependencies, stack)
        builds = stack_builds(dependencies, stack)
        caller = at_deployment(caller, address.url, address.audience, address.api_key)
    with session(caller) as api:
        steps = chain(Smoke(api, record_schema.example(), caller.dependencies.retry_timing, wait).steps(), builds)
        if as_json:
            text, is_ok = report.as_json(steps)
            click.echo(text)
        else:
            is_ok = report.show(steps, Console(highlight=False))
    if stack and address and is_ok and not as_json:
        _show_variables(stack, address)
    raise SystemExit(0 if is_ok else 1)


def _show_variables(stack: str, address: "Address") -> None:
    """What lets `send`, `list` and `get` use the same stack."""
    url, audience = shlex.quote(printable(address.url)), shlex.quote(printable(address.audience))
    click.echo("\nFor send, list and get in this shell:")
    click.echo(f"    export DATA_API_URL={url} DATA_API_AUDIENCE={audience}")
    if address.api_key:
        click.echo(f"    export DATA_API_KEY=$(pulumi stack output apiKey --show-secrets --stack {shlex.quote(stack)})")
