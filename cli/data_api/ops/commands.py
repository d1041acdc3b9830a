"""The commands for who runs a deployment: `doctor`, `drill`.

Owns what may be said on the command line. Everything heavy is imported inside a command, so that `data-api --help`
stays quick. Leaves the work to `preflight` and `drill`.
"""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType
from typing import NoReturn

import click

PORT = 8080  # the local stack's, unless the user names another
SAMPLE = 1_000


def _minute(_context: click.Context, _option: click.Parameter, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or found.second or found.microsecond:
        raise click.BadParameter("give a whole minute with its time zone, as in 2026-01-31T12:00Z.")
    return found.astimezone(UTC)


@click.command()
@click.option("--stack", metavar="NAME", help="Check a deployment instead: the stack whose Pulumi.NAME.yaml is here.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=PORT,
    show_default=True,
    help="The port that the local stack is to have.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def doctor(stack: str | None, port: int, *, as_json: bool) -> None:
    """Find what will make a start or a deployment fail, and say how to mend it.

    Without --stack: whether `data-api up` can run on this machine. With it, before `pulumi up`: the credential, the
    project, its billing, services and quotas, your permissions, the organization's policies, a database left behind,
    and Pulumi with its plugin, state and secrets key. Nothing is changed.

    Exits with 0 if nothing is wrong, else with 1. What could not be checked is said and counts as neither.
    """
    from rich.console import Console  # noqa: PLC0415 - see above

    from data_api.ops.dependencies import Outside  # noqa: PLC0415 - see above
    from data_api.ops.doctor import checks, report  # noqa: PLC0415 - see above

    outside = click.get_current_context().ensure_object(Outside)
    findings = checks.of_stack(stack, outside) if stack else checks.of_this_machine(port)
    if as_json:
        text, is_well = report.as_json(findings)
        click.echo(text)
    else:
        is_well = report.show(findings, Console(highlight=False))
    raise SystemExit(0 if is_well else 1)


@click.group()
def drill() -> None:
    """Rehearse what must work when it is needed."""


@drill.command()
@click.option("--stack", metavar="NAME", help="The stack; Pulumi tells its project and database.")
@click.option("--project", metavar="ID", help="The project, instead of what the stack says.")
@click.option("--database", metavar="ID", help="The live database, instead of what the stack says.")
@click.option(
    "--at",
    metavar="TIME",
    callback=_minute,
    help="Restore what the database was at this minute, as in 2026-01-31T12:00Z.  [default: the newest backup]",
)
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    default=SAMPLE,
    show_default=True,
    metavar="N",
    help="Of users with more records, read about N; all are counted.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
def restore(  # noqa: PLR0913 - one for each option
    *,
    stack: str | None,
    project: str | None,
    database: str | None,
    at: datetime | None,
    sample: int,
    as_json: bool,
) -> None:
    """Restore a backup into a new database, compare it with the live one, and delete it.

    Reports how old the data is and how long it took. Fails if a record is missing, changed or extra. The live
    database is only read. Every record that is read, in both databases, is billed as a read, and the restore by the
    size of the backup.

    The new database is deleted whatever happens; Ctrl-C waits for that, a second one does not.
    """
    from rich.console import Console  # noqa: PLC0415 - see above

    from data_api.ops.dependencies import Outside  # noqa: PLC0415 - see above
    from data_api.ops.drill import progress, target  # noqa: PLC0415 - see above
    from data_api.ops.drill.restore import Means, Order, described  # noqa: PLC0415 - see above
    from data_api.ops.drill.restore import drill as run  # noqa: PLC0415 - see above
    from data_api.ops.google_api import connected  # noqa: PLC0415 - see above

    outside = click.get_current_context().ensure_object(Outside)
    named = target.named(outside, stack, project, database)
    order = Order(named.project, named.database, at, sample)
    authorization = outside.authorization("")
    with (
        _stopped_as_interrupted(),
        connected(authorization, outside.pause, outside.address) as google,
        progress.shown(Console(stderr=True)) as shown,
    ):
        report = run(order, Means(google, outside.reader(authorization), outside.now, outside.pause, shown))
    click.echo(json.dumps(report.as_json(), indent=2) if as_json else "\n".join(described(report)))
    raise SystemExit(0 if report.is_well else 1)


@contextmanager
def _stopped_as_interrupted() -> Iterator[None]:
    """A request to stop, as a workflow's runner sends it, is taken as Ctrl-C is: what was made is deleted first."""
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
