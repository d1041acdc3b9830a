"""The command `send`."""

import re
from functools import partial
from typing import IO, TYPE_CHECKING

import click

from data_api.records import output, progress_bars
from data_api.records.api.errors import print_to_stderr
from data_api.records.options import Caller, caller_options
from data_api.records.sending import checking, storing
from data_api.records.sending.input import chosen_source
from data_api.records.sending.keys import idempotency_keys
from data_api.records.sending.send_all import Callbacks, send_all
from data_api.records.session import session
from data_api.shared.printable import printable

if TYPE_CHECKING:
    from data_api.records.api.client import Api
    from data_api.records.api.responses import Json
    from data_api.records.sending.batches import Batch
    from data_api.records.sending.sources import Source

_KEY = re.compile(r"[!-~]{1,240}")  # the API takes 255; a batch's number is appended


def _key(_context: click.Context, _option: click.Parameter, key: str | None) -> str | None:
    if key is not None and not _KEY.fullmatch(key):
        raise click.BadParameter("must be 1 to 240 visible ASCII characters, without spaces.")
    return key


@click.command()
@click.argument("records", nargs=-1, metavar="[JSON]... | [FILE]")
@click.option("--file", "-f", type=click.File("rb"), help="Read records from a file; - is standard input.")
@click.option("--check", "is_check", is_flag=True, help="Check all records by the API's rules, and send nothing.")
@click.option("--wait", "is_waiting", is_flag=True, help="Return when all records are stored.")
@click.option("--idempotency-key", metavar="KEY", callback=_key, help="A key of your own for this request.")
@click.option("--json", "as_json", is_flag=True, help="Print the receipts as JSON, one per line.")
@caller_options
def send(  # noqa: PLR0913 - click passes each option
    caller: Caller,
    records: tuple[str, ...],
    file: IO[bytes] | None,
    idempotency_key: str | None,
    *,
    is_check: bool,
    is_waiting: bool,
    as_json: bool,
) -> None:
    """Send records.

    They are JSON objects, given as arguments, in a file (FILE, @FILE or --file FILE) or through a pipe. A file
    contains one JSON object per line (NDJSON, of any length), an array of objects, or one object.

    A file can be sent again at any time: records that are already stored are not stored twice. Equal lines are
    separate records. If a file has changed, all records from the first different batch of 1,000 on count as new.
    Arguments are new records each time; with --idempotency-key repeating them is safe, and a file can be stored
    once more.

    An accepted record is stored within moments, and `list` shows it only then. With --wait the command returns when
    all are stored; each is read once or a few times for that. It exits with 6 if some became dead letters.

    --check uses the schema and the rules of this clone, and names every invalid record. A deployment may have other
    ones.

    \b
    data-api send "$(data-api example)"
    data-api send events.ndjson --check && data-api send events.ndjson --wait
    data-api example --count 5000 | data-api send
    """  # noqa: D301 - click's mark for lines that are not wrapped
    if is_check and is_waiting:
        raise click.UsageError("--check sends nothing to wait for: give --check or --wait.")
    source = chosen_source(click.get_current_context(), records, file)
    if is_check:
        _check(source)
    else:
        _send(caller, source, idempotency_key, is_waiting=is_waiting, as_json=as_json)


def _check(source: "Source") -> None:
    count = checking.check_all(source, lambda problem: print_to_stderr(printable(problem)))
    if not count:
        click.echo(f"There are no records in {source.name}.", err=True)
        return
    click.echo("The record is valid." if count == 1 else f"All {count:,} records are valid.")


def _send(caller: Caller, source: "Source", key: str | None, *, is_waiting: bool, as_json: bool) -> None:
    receipts: list[Json] = []
    sent: list[storing.Sent] = []
    show = output.show_json_lines if as_json else partial(output.collect_receipts, receipts)

    def after_batch(batch: "Batch", its_receipts: "list[Json]") -> None:
        show(its_receipts)
        if is_waiting:
            sent.extend(storing.sent_records(batch, its_receipts))

    keys = idempotency_keys(key, is_file=source.is_file)
    with session(caller) as api:
        with progress_bars.sending_bar(source.total) as before_batch:
            count = send_all(api, source, keys, Callbacks(before_batch, after_batch))
        if not count:
            click.echo(f"There are no records in {source.name}; nothing was sent.", err=True)
        elif not as_json:
            output.show_receipts(receipts, count)
        if sent:
            _wait(api, sent, source.noun, as_json=as_json)


def _wait(api: "Api", sent: "list[storing.Sent]", noun: str, *, as_json: bool) -> None:
    with progress_bars.storing_bar(len(sent)) as progress:
        outcome = storing.wait_until_stored(api, sent, progress)
    if not as_json:
        output.show_stored(outcome.stored)
    storing.raise_for_dead_letters(outcome, noun)
