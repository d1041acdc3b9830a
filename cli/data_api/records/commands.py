"""The commands that read from the API: list, get."""

from datetime import datetime

import click

from data_api.records import following, output
from data_api.records.api.client import MAX_PAGE
from data_api.records.options import Caller, caller_options
from data_api.records.session import session
from data_api.shared.options import id_of
from data_api.shared.since_option import since_of

_LIMIT = 50  # records that `list` shows by default


@click.command("list")
@click.option("--limit", type=click.IntRange(min=1), help=f"Show at most this many records.  [default: {_LIMIT}]")
@click.option("--all", "is_all", is_flag=True, help="Show all records.")
@click.option(
    "--since",
    metavar="TIME",
    callback=since_of,
    help="Created at this time or later: 30m, 7d, 2026-01-31, 2026-01-31T12:00Z.",
)
@click.option("--until", metavar="TIME", callback=since_of, help="Created before this time; the same forms.")
@click.option(
    "--order", type=click.Choice(["desc", "asc"]), default="desc", show_default=True, help="asc: oldest first."
)
@click.option("--page-size", type=click.IntRange(1, MAX_PAGE), default=MAX_PAGE, help="Records per request.")
@click.option("--follow", is_flag=True, help="Print records as they are stored from now on, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array, one record per line.")
@caller_options
def list_records(  # noqa: PLR0913 - click passes each option
    caller: Caller,
    *,
    limit: int | None,
    is_all: bool,
    since: datetime | None,
    until: datetime | None,
    order: str,
    page_size: int,
    follow: bool,
    as_json: bool,
) -> None:
    """List your records, newest first.

    In a terminal this is a table, cut to its width. In a pipe it is the id, the creation time and the whole data
    of each record, separated by tabs.

    Only stored records are listed. One that was sent a moment ago may still be on its way, which only the command
    that sent it can know: `send --wait` returns when all are stored.

    With --follow each record is printed once, as soon as it is stored, as in a pipe; with --json one JSON object a
    line. Deletions are named on standard error.
    """
    if is_all and limit is not None:
        raise click.UsageError("Give --all or --limit, not both.")
    if since and until and until <= since:
        raise click.UsageError("--until must be later than --since.")
    if follow and (is_all or limit or since or until or order == "asc"):
        raise click.UsageError("--follow shows what is stored from now on: leave out the other filters.")
    times = {name: moment.isoformat() for name, moment in {"since": since, "until": until}.items() if moment}
    show = output.show_array if as_json else output.show_pages
    with session(caller) as api:
        if follow:
            following.follow(api, as_json=as_json)
        show(api.pages({**times, "order": order}, page_size, None if is_all else limit or _LIMIT))


@click.command()
@click.argument("record_id", metavar="ID", callback=id_of)
@click.option(
    "--wait",
    type=click.IntRange(0, 10),
    default=0,
    metavar="SECONDS",
    help="Wait up to 10 seconds for a record that is not stored yet.",
)
@click.option("--json", "as_json", is_flag=True, help="Print plain JSON also in a terminal.")
@caller_options
def get(caller: Caller, record_id: str, wait: int, *, as_json: bool) -> None:
    """Show one of your records."""
    with session(caller) as api:
        output.show_record(api.get(record_id, wait), as_json=as_json)
