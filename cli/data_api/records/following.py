"""What `list --follow` prints, and the command `delete`."""

import sys
from typing import NoReturn

import click

from data_api.records.api.client import Api
from data_api.records.api.errors import ApiError
from data_api.records.options import Caller, caller_options
from data_api.records.session import session
from data_api.shared.options import ids_of
from data_api.shared.printable import json_text

WAIT = 20  # seconds that the API waits for a change; the connection gives up after 30 without a byte


def follow(api: Api, *, as_json: bool) -> NoReturn:
    """Prints records as they are stored, and deletions on standard error, until Ctrl-C.

    Goes on where it was, however long the API did not answer.
    """
    cursor = api.changes("latest", 0).next_cursor
    while True:
        try:
            page = api.changes(cursor, WAIT)
        except ApiError as error:
            if not error.retryable:
                raise
            continue  # the client has tried for a minute, and said so
        for change in page.changes:
            if change["change"] == "deleted":
                click.echo(f"{change['id']} was deleted.", err=True)
            else:
                record = change["record"]
                fields = (record["id"], record["createdAt"], json_text(record["data"]))
                click.echo(json_text(record) if as_json else "\t".join(fields))
        cursor = page.next_cursor


@click.command()
@click.argument("record_ids", metavar="ID...", nargs=-1, required=True, callback=ids_of)
@click.option("--yes", "is_confirmed", is_flag=True, help="Do not ask.")
@caller_options
def delete(caller: Caller, record_ids: tuple[str, ...], *, is_confirmed: bool) -> None:
    """Delete records for good.

    Also one that is still on its way: it will not be stored. In a terminal the command asks first.
    """
    noun = "record" if len(record_ids) == 1 else "records"
    if not is_confirmed and sys.stdin and sys.stdin.isatty():
        click.confirm(f"Delete {len(record_ids)} {noun}?", abort=True, err=True)
    with session(caller) as api:
        for record_id in record_ids:
            api.delete(record_id)
    click.echo(f"{len(record_ids)} {noun} deleted.", err=True)
