"""The commands that speak to the API: send, list, get.

Owns their options and help, and which records may be stored twice.
"""

import re
import uuid
from functools import partial
from typing import IO

import click

from data_api.records import output
from data_api.records.api import MAX_PAGE, Json
from data_api.records.batches import content_key, given_key
from data_api.records.options import Caller, caller_options
from data_api.records.sending import Naming, Watch, send_all
from data_api.records.session import session
from data_api.records.sources import Source, from_arguments, from_stream

_LIMIT = 50  # records that `list` shows, unless told otherwise
_KEY = re.compile(r"[!-~]{1,240}")  # the API takes 255; a batch's number has to fit behind it
_ID = re.compile(r"[0-9a-f]{32}")
_SAME_AGAIN = "Running the same command again is safe: what was accepted is not stored twice."


def _key(_context: click.Context, _option: click.Parameter, key: str | None) -> str | None:
    if key is not None and not _KEY.fullmatch(key):
        raise click.BadParameter("must be 1 to 240 visible ASCII characters, without spaces.")
    return key


def _id(_context: click.Context, _argument: click.Parameter, record_id: str) -> str:
    if not _ID.fullmatch(record_id):
        raise click.BadParameter("must be 32 of the digits 0-9 and a-f, as `send` and `list` show them.")
    return record_id


@click.command()
@click.argument("records", nargs=-1, metavar="[JSON]...")
@click.option("--file", "-f", type=click.File("rb"), help="Read records from a file; - is standard input.")
@click.option("--idempotency-key", metavar="KEY", callback=_key, help="Your own name for what is sent.")
@click.option("--json", "as_json", is_flag=True, help="Print the receipts as JSON, one a line.")
@caller_options
def send(
    caller: Caller, records: tuple[str, ...], file: IO[bytes] | None, idempotency_key: str | None, *, as_json: bool
) -> None:
    """Send records.

    They are JSON objects, given as arguments or in a file.

    A file holds one JSON object a line (NDJSON, of any length), an array of objects, or one object.

    A file can be sent again at any time: what is stored already is not stored twice. Lines that are equal are
    records of their own. In a file that has changed, everything counts as new from the first batch of 1,000 records
    that is different. Arguments are new records each time; --idempotency-key makes repeating them safe, and
    lets a file be stored once more.

    \b
    data-api send '{"informationOne": "first", "informationTwo": "second"}'
    data-api send --file events.ndjson
    """  # noqa: D301 - click's own mark, for lines that stay as they are
    source = _source(records, file)
    naming = _naming(idempotency_key, is_file=file is not None)
    kept: list[Json] = []
    show = output.show_json_lines if as_json else partial(output.keep_few, kept)
    with session(caller) as api, output.sending_bar(source.total) as begins:
        count = send_all(api, source, naming, Watch(begins, show))
    if not count:
        click.echo(f"There are no records in {source.name}; nothing was sent.", err=True)
    elif not as_json:
        output.show_receipts(kept, count)


@click.command("list")
@click.option("--limit", type=click.IntRange(min=1), help=f"How many records at most.  [default: {_LIMIT}]")
@click.option("--all", "is_all", is_flag=True, help="All records there are.")
@click.option("--since", metavar="TIME", help="Created at this time or later, as in 2026-01-31T12:00:00Z.")
@click.option("--until", metavar="TIME", help="Created before this time.")
@click.option(
    "--order", type=click.Choice(["desc", "asc"]), default="desc", show_default=True, help="asc: oldest first."
)
@click.option(
    "--page-size", type=click.IntRange(1, MAX_PAGE), default=MAX_PAGE, help="Records asked for in one request."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array, one record a line.")
@caller_options
def list_records(  # noqa: PLR0913 - click passes each option
    caller: Caller,
    *,
    limit: int | None,
    is_all: bool,
    since: str | None,
    until: str | None,
    order: str,
    page_size: int,
    as_json: bool,
) -> None:
    """List your records, newest first.

    In a terminal this is a table, cut to its width. In a pipe it is the id, the time of creation and the whole data
    of each record, with tabs between.
    """
    if is_all and limit is not None:
        raise click.UsageError("Give --all or --limit, not both.")
    asked = {"since": since, "until": until, "order": order}
    parameters = {name: value for name, value in asked.items() if value is not None}
    show = output.show_array if as_json else output.show_pages
    with session(caller) as api:
        show(api.pages(parameters, page_size, None if is_all else limit or _LIMIT))


@click.command()
@click.argument("record_id", metavar="ID", callback=_id)
@click.option(
    "--wait",
    type=click.IntRange(0, 10),
    default=0,
    metavar="SECONDS",
    help="Wait up to 10 seconds for a record that is still on its way.",
)
@click.option("--json", "as_json", is_flag=True, help="Print plain JSON in a terminal, too.")
@caller_options
def get(caller: Caller, record_id: str, wait: int, *, as_json: bool) -> None:
    """Show one of your records."""
    with session(caller) as api:
        output.show_record(api.get(record_id, wait), as_json=as_json)


def _source(records: tuple[str, ...], file: IO[bytes] | None) -> Source:
    if bool(records) == (file is not None):
        raise click.UsageError("Give records as arguments or with --file (- reads standard input).")
    if file is None:
        return from_arguments(records)
    name = getattr(file, "name", "<stdin>")  # not every stream has one
    return from_stream(file, "standard input" if name == "<stdin>" else name)


def _naming(key: str | None, *, is_file: bool) -> Naming:
    """A file's records are named after what they are, arguments after this run: they may be meant twice."""
    if key is not None:
        return Naming(partial(given_key, key), _SAME_AGAIN)
    if is_file:
        return Naming(content_key, _SAME_AGAIN)
    key = uuid.uuid4().hex
    return Naming(
        partial(given_key, key),
        f"To send them again without storing any twice, add --idempotency-key {key} to the same command.",
    )
