"""The command `drill restore`. Everything heavy is imported inside it, so that `data-api --help` stays quick."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType
from typing import NoReturn

import click

SAMPLE = 1_000


def _minute(_context: click.Context, _option: click.Parameter, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or moment.second or moment.microsecond:
        raise click.BadParameter("give a whole minute with its time zone, as in 2026-01-31T12:00Z.")
    return moment.astimezone(UTC)


@click.group()
def drill() -> None:
    """Test that a backup can be restored."""


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

    from data_api.ops.dependencies import Dependencies  # noqa: PLC0415 - see above
    from data_api.ops.drill.progress import progress_on  # noqa: PLC0415 - see above
    from data_api.ops.drill.restore import DrillOptions, DrillServices, as_text  # noqa: PLC0415 - see above
    from data_api.ops.drill.restore import drill as run  # noqa: PLC0415 - see above
    from data_api.ops.drill.target import target  # noqa: PLC0415 - see above
    from data_api.ops.google_api import connected  # noqa: PLC0415 - see above

    dependencies = click.get_current_context().ensure_object(Dependencies)
    live = target(dependencies, stack, project, database)
    options = DrillOptions(live.project, live.database, at, sample)
    authorization = dependencies.authorization("")
    with (
        _stopped_as_interrupted(),
        connected(authorization, dependencies.pause, dependencies.address) as google,
        progress_on(Console(stderr=True)) as progress,
    ):
        open_database = dependencies.reader(authorization)
        report = run(options, DrillServices(google, open_database, dependencies.now, dependencies.pause, progress))
    click.echo(json.dumps(report.as_json(), indent=2) if as_json else "\n".join(as_text(report)))
    raise SystemExit(0 if report.is_ok else 1)


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
