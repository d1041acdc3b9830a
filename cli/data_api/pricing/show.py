"""Prints a bill and its assumptions: a table in a terminal, tab-separated lines in a pipe, JSON with --json."""

import json
from dataclasses import asdict
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from data_api.pricing.bill import Amounts, Bill, Line
from data_api.pricing.figures import figures
from data_api.pricing.prices import Price, price_list

_HEADER = ("what", "quantity", "price", "USD", "per 1M written", "per 1M read")
_NO_DECIMALS_FROM = 100  # quantities from this on are shown without decimals
_CENT = 0.01


def show_table(bill: Bill) -> None:
    """Prints the lines with a quantity, and their sum; prints the assumptions to standard error."""
    console = Console()
    rows = [_row(bill, line) for line in bill.lines if line.quantity]
    total = ("total", "", "", *_money(bill, bill.total()))
    if console.is_terminal:
        console.print(_table(rows, total))
    else:
        for row in (_HEADER, *rows, total):
            click.echo("\t".join(row))
    for sentence in assumptions(bill):
        click.echo(sentence, err=True)


def show_json(bill: Bill) -> None:
    """Prints the whole bill with exact amounts."""
    total = bill.total()
    report = {
        "region": price_list("google").region,
        "traffic": {_camel(name): count for name, count in asdict(bill.traffic).items()},
        "freeTier": bill.free_tier,
        "lines": [{**asdict(line.price), "quantity": line.quantity, **_numbers(bill, line)} for line in bill.lines],
        "total": total.total,
        "perMillionWritten": bill.per_million(total)[0],
        "perMillionRead": bill.per_million(total)[1],
        "assumptions": assumptions(bill),
    }
    click.echo(json.dumps(report, indent=2))


def assumptions(bill: Bill) -> list[str]:
    """The assumptions of the bill, as sentences."""
    inputs, traffic = figures(), bill.traffic
    measured, minimum_ms = inputs.measured, inputs.instance.minimum_seconds * 1_000
    tier = "minus the monthly free tier (not Firestore's)" if bill.free_tier else "without the free tier"
    pace = f"evenly within {traffic.hours} hours of the month" if traffic.hours else "as densely as instances can serve"
    cpu = (
        f"CPU, measured under load: {measured.accept_ms:g} ms to accept a record, {measured.store_ms:g} to store it, "
        f"{measured.read_ms:g} to read {measured.page_size}. A request alone is billed as {minimum_ms:g} ms."
    )
    return [
        f"List prices in USD, {price_list('google').region}, {tier}; without data sent to the internet and backups.",
        f"Requests come {pace}; a record has {traffic.record_bytes:,} bytes, a log entry {inputs.sizes.log_entry:,}.",
        cpu,
    ]


def quantity(count: float) -> str:
    """The quantity, with decimals if it is below 100."""
    return f"{count:,.0f}" if count >= _NO_DECIMALS_FROM else f"{count:,.2f}"


def money(usd: float | None) -> str:
    """Dollars and cents; a dash for None."""
    if usd is None:
        return "-"
    return "<0.01" if 0 < usd < _CENT else f"{usd:,.2f}"


def price(listed: Price) -> str:
    """The price with all its digits, at least two decimals, and its label."""
    dollars, _, decimals = f"{listed.usd:.10f}".rstrip("0").partition(".")
    return f"{dollars}.{decimals:0<2} {listed.label}"


def _row(bill: Bill, line: Line) -> tuple[str, ...]:
    name = f"{line.price.service} {line.price.unit}"
    return (name, quantity(line.quantity), price(line.price), *_money(bill, bill.amounts(line)))


def _money(bill: Bill, amounts: Amounts) -> tuple[str, ...]:
    return tuple(money(usd) for usd in (amounts.total, *bill.per_million(amounts)))


def _numbers(bill: Bill, line: Line) -> dict[str, Any]:
    amounts = bill.amounts(line)
    written, read = bill.per_million(amounts)
    return {"amount": amounts.total, "perMillionWritten": written, "perMillionRead": read}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def _table(rows: list[tuple[str, ...]], total: tuple[str, ...]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column, name in enumerate(_HEADER):
        header = name.replace("1M ", "1M\n")  # so that the table fits a terminal of 80 columns
        table.add_column(header, justify="left" if column == 0 else "right", no_wrap=column > 0)
    for row in rows:
        table.add_row(*row)
    table.add_row(*total, style="bold")
    return table
