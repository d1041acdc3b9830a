"""The commands that call the API: send, list, get."""

import re
import uuid
from datetime import datetime
from functools import partial
from typing import IO, TYPE_CHECKING

import click

from data_api.records import output
from data_api.records.api.client import MAX_PAGE
from data_api.records.options import Caller, caller_options
from data_api.records.sending.batches import content_key, numbered_key
from data_api.records.sending.send_all import Callbacks, IdempotencyKeys, send_all
from data_api.records.sending.sources import Source, from_arguments, from_stream
from data_api.records.session import session
from data_api.shared.since_option import since_of

if TYPE_CHECKING:
    from data_api.records.api.responses import Json

_LIMIT = 50  # records that `list` shows by default
_KEY = re.compile(r"[!-~]{1,240}")  # the API takes 255; a batch's number is appended
_ID = re.compile(r"[0-9a-f]{32}")
_SAFE_TO_REPEAT = "Running the same command again is safe: accepted records are not stored twice."


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
@click.option("--idempotency-key", metavar="KEY", callback=_key, help="A key of your own for this request.")
@click.option("--json", "as_json", is_flag=True, help="Print the receipts as JSON, one per line.")
@caller_options
def send(
    caller: Caller, records: tuple[str, ...], file: IO[bytes] | None, idempotency_key: str | None, *, as_json: bool
) -> None:
    """Send records.

    They are JSON objects, given as arguments or in a file. A file contains one JSON object per line (NDJSON, of any
    length), an array of objects, or one object.

    A file can be sent again at any time: records that are already stored are not stored twice. Equal lines are
    separate records. If a file has changed, all records from the first different batch of 1,000 on count as new.
    Arguments are new records each time; with --idempotency-key repeating them is safe, and a file can be stored
    once more.

    \b
    data-api send "$(data-api example)"
    data-api send --file events.ndjson
    """  # noqa: D301 - click's mark for lines that are not wrapped
    source = _source(records, file)
    keys = _idempotency_keys(idempotency_key, is_file=file is not None)
    receipts: list[Json] = []
    after_batch = output.show_json_lines if as_json else partial(output.collect_receipts, receipts)
    with session(caller) as api, output.sending_bar(source.total) as before_batch:
        count = send_all(api, source, keys, Callbacks(before_batch, after_batch))
    if not count:
        click.echo(f"There are no records in {source.name}; nothing was sent.", err=True)
    elif not as_json:
        output.show_receipts(receipts, count)


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
    as_json: bool,
) -> None:
    """List your records, newest first.

    In a terminal this is a table, cut to its width. In a pipe it is the id, the creation time and the whole data
    of each record, separated by tabs.
    """
    if is_all and limit is not None:
        raise click.UsageError("Give --all or --limit, not both.")
    if since and until and until <= since:
        raise click.UsageError("--until must be later than --since.")
    times = {name: moment.isoformat() for name, moment in {"since": since, "until": until}.items() if moment}
    show = output.show_array if as_json else output.show_pages
    with session(caller) as api:
        show(api.pages({**times, "order": order}, page_size, None if is_all else limit or _LIMIT))


@click.command()
@click.argument("record_id", metavar="ID", callback=_id)
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


def _source(records: tuple[str, ...], file: IO[bytes] | None) -> Source:
    if bool(records) == (file is not None):
        raise click.UsageError("Give records as arguments or with --file (- reads standard input).")
    if file is None:
        return from_arguments(records)
    name = getattr(file, "name", "<stdin>")  # not every stream has one
    return from_stream(file, "standard input" if name == "<stdin>" else name)


def _idempotency_keys(key: str | None, *, is_file: bool) -> IdempotencyKeys:
    """A file's keys follow from its content. Arguments get a new key each time: sending them twice may be intended."""
    if key is not None:
        return IdempotencyKeys(partial(numbered_key, key), _SAFE_TO_REPEAT)
    if is_file:
        return IdempotencyKeys(content_key, _SAFE_TO_REPEAT)
    key = uuid.uuid4().hex
    return IdempotencyKeys(
        partial(numbered_key, key),
        f"To send them again without storing any twice, add --idempotency-key {key} to the same command.",
    )
