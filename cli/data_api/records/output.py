"""Prints receipts and records: tables in a terminal, tab-separated lines in a pipe, JSON with --json."""

from collections.abc import Iterable
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.highlighter import JSONHighlighter
from rich.table import Table
from rich.text import Text

from data_api.records.api.responses import Json, Page
from data_api.shared.printable import json_text

MAX_SHOWN = 20  # receipts; of more only the number is printed
_ID_WIDTH = 32  # openapi.yaml, Receipt


def show_json_lines(receipts: Iterable[Json]) -> None:
    """One JSON object a line."""
    for receipt in receipts:
        click.echo(json_text(receipt))


def collect_receipts(shown: list[Json], receipts: list[Json]) -> None:
    """Adds receipts to those that will be shown, up to MAX_SHOWN: a file may have millions."""
    shown.extend(receipts[: MAX_SHOWN - len(shown)])


def show_receipts(receipts: list[Json], count: int) -> None:
    """The receipts, or their number if there are more than MAX_SHOWN."""
    if count > MAX_SHOWN:
        click.echo(f"{count:,} records were accepted.")
    else:
        _show_rows(Console(), receipts, with_header=True)


def show_stored(count: int) -> None:
    """How many were stored, if their receipts were not shown either."""
    if count > MAX_SHOWN:
        click.echo(f"{count:,} records were stored.")


def show_record(record: Json, *, as_json: bool) -> None:
    """The whole record; coloured in a terminal, unless plain JSON is requested."""
    console, text = Console(), json_text(record, indent=2)
    if console.is_terminal and not as_json:
        console.print(JSONHighlighter()(text), soft_wrap=True)
    else:
        click.echo(text)


def show_pages(pages: Iterable[Page]) -> None:
    """The records page by page as they arrive; in a terminal, a hint on standard error if there are none or more."""
    console, has_records, page = Console(), False, None
    for page in pages:
        _show_rows(console, page.records, with_header=not has_records)
        has_records = has_records or bool(page.records)
    if not console.is_terminal:
        return
    if not has_records:
        click.echo("You have no records yet. Send some with `data-api send`.", err=True)
    elif page and page.next_token:
        click.echo("There are more records: show them with --all or --limit N.", err=True)


def show_array(pages: Iterable[Page]) -> None:
    """One JSON array, one record a line, written as the pages arrive."""
    opening = "["
    for page in pages:
        for record in page.records:
            click.echo(f"{opening}\n{json_text(record)}", nl=False)
            opening = ","
    click.echo("[]" if opening == "[" else "\n]")


def _show_rows(console: Console, rows: list[Json], *, with_header: bool) -> None:
    """Receipts, or records, which also have data."""
    if console.is_terminal:
        if rows:
            console.print(_table(rows, with_header=with_header))
        return
    for row in rows:
        data = (json_text(row["data"]),) if "data" in row else ()
        click.echo("\t".join((row["id"], row["createdAt"], *data)))


def _table(rows: list[Json], *, with_header: bool) -> Table:
    has_data = "data" in rows[0]
    table = Table(box=None, pad_edge=False, show_header=with_header, expand=has_data, header_style="bold")
    table.add_column("id", no_wrap=True, min_width=_ID_WIDTH)
    table.add_column("created (UTC)", no_wrap=True, min_width=19)
    if has_data:
        table.add_column("data", no_wrap=True, ratio=1)  # cut to what is left of the width
    for row in rows:
        data = [Text(json_text(row["data"]), overflow="ellipsis")] if has_data else []
        table.add_row(Text(row["id"]), Text(_to_the_second(row["createdAt"])), *data)
    return table


def _to_the_second(text: str) -> str:
    """The fraction is for programs, which read it in a pipe or with --json."""
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
