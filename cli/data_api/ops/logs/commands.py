"""The command `logs`. Everything heavy is imported inside it, so that `data-api --help` stays quick."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from data_api.shared.options import id_of
from data_api.shared.since_option import since_of

if TYPE_CHECKING:
    from data_api.ops.deployment import Deployment
    from data_api.ops.logs.entries import Entry

_SEVERITIES = ("DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL")
_RECENT = timedelta(hours=1)
_KEPT = timedelta(days=30)  # how long a project keeps its logs, unless somebody has changed it


@click.command()
@click.option("--stack", metavar="NAME", required=True, help="The deployment; Pulumi knows where it is.")
@click.option("--follow", "-f", "is_following", is_flag=True, help="Keep printing new lines until Ctrl-C.")
@click.option("--id", "wanted", metavar="ID", callback=id_of, help="Only the lines of this record, or of this trace.")
@click.option(
    "--function", "functions", metavar="NAME", multiple=True, help="Only this function's lines; can be repeated."
)
@click.option(
    "--severity", type=click.Choice(_SEVERITIES, case_sensitive=False), help="Only lines of at least this severity."
)
@click.option(
    "--since",
    metavar="TIME",
    callback=since_of,
    help="Of this time or later: 30m, 7d, 2026-01-31, 2026-01-31T12:00Z.  [default: 1h; 30d with --id]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def logs(  # noqa: PLR0913 - one for each option
    *,
    stack: str,
    is_following: bool,
    wanted: str | None,
    functions: Sequence[str],
    severity: str | None,
    since: datetime | None,
    as_json: bool,
) -> None:
    """Show the functions' log lines, oldest first.

    A line has its time (UTC), function, severity and event, and the event's fields. docs/operations.md says what the
    events mean. You need roles/logging.viewer in the project.

    \b
    data-api logs --stack prod --severity ERROR --since 6h
    data-api logs --stack prod --id 853e751ab669e50e84435ca271100599
    data-api logs --stack prod --function persist --follow
    """  # noqa: D301 - click's own mark, for lines that stay as they are
    from data_api.ops.dependencies import Dependencies  # noqa: PLC0415 - see above
    from data_api.ops.deployment import opened  # noqa: PLC0415 - see above
    from data_api.ops.logs import filters, record_filter  # noqa: PLC0415 - see above
    from data_api.ops.logs.entries import LogReader  # noqa: PLC0415 - see above
    from data_api.ops.logs.follow import follow  # noqa: PLC0415 - see above

    dependencies = click.get_current_context().ensure_object(Dependencies)
    start = since or datetime.now(UTC) - (_KEPT if wanted else _RECENT)
    with opened(dependencies, stack) as (deployment, google):
        _check_functions(functions, deployment)
        reader = LogReader(google, deployment)
        of_record = record_filter.record_filter(reader, wanted, start) if wanted else ""
        lines = filters.all_of(filters.lines_of(deployment, functions), filters.at_least(severity), of_record)

        def read(times: str) -> "Iterable[Entry]":
            return reader.read(filters.all_of(lines, times))

        entries = follow(read, start, dependencies.pause) if is_following else read(filters.since(start))
        if not _print(entries, as_json=as_json):
            click.echo("There are no such log lines.", err=True)


def _check_functions(functions: Sequence[str], deployment: "Deployment") -> None:
    if strange := [name for name in functions if name not in deployment.functions]:
        raise click.BadParameter(
            f"there is no function {strange[0]}: give {', '.join(deployment.functions)}.", param_hint="'--function'"
        )


def _print(entries: "Iterable[Entry]", *, as_json: bool) -> int:
    """How many there were."""
    from rich.console import Console  # noqa: PLC0415 - see above

    from data_api.ops.logs import output  # noqa: PLC0415 - see above

    console = Console(highlight=False)
    count = 0
    for entry in entries:
        count += 1
        if as_json:
            click.echo(output.as_json(entry))
        else:
            output.show(entry, console)
    return count
