"""Shows a bill: a table in a terminal, lines with tabs in a pipe, JSON where it is asked for.

Owns the forms of a bill and of its numbers, and the sentences that say what it assumes.
"""

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
_WHOLE = 100  # from here on a quantity is shown without decimals
_CENT = 0.01


def show_table(bill: Bill) -> None:
    """The lines that are used, and their sum; on standard error, what it assumes."""
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
    """All of it, to the last digit."""
    total = bill.total()
    shown = {
        "region": price_list("google").region,
        "traffic": {_camel(name): count for name, count in asdict(bill.traffic).items()},
        "freeTier": bill.free_tier,
        "lines": [{**asdict(line.price), "quantity": line.quantity, **_numbers(bill, line)} for line in bill.lines],
        "total": total.total,
        "perMillionWritten": bill.per_million(total)[0],
        "perMillionRead": bill.per_million(total)[1],
        "assumptions": assumptions(bill),
    }
    click.echo(json.dumps(shown, indent=2))


def assumptions(bill: Bill) -> list[str]:
    """What a reader has to know of the figures."""
    known, traffic = figures(), bill.traffic
    measured, least_ms = known.measured, known.billing.least_seconds * 1_000
    tier = "less what is free each month (nothing of Firestore)" if bill.free_tier else "nothing free"
    pace = f"evenly within {traffic.hours} hours of the month" if traffic.hours else "as densely as instances can serve"
    worked = (
        f"CPU, measured under load: {measured.accept_ms:g} ms to accept a record, {measured.store_ms:g} to store it, "
        f"{measured.read_ms:g} to read {measured.page_size}. A request alone is billed as {least_ms:g} ms."
    )
    return [
        f"List prices in USD, {price_list('google').region}, {tier}; without data sent to the internet and backups.",
        f"Requests come {pace}; a record has {traffic.record_bytes:,} bytes, a log entry {known.sizes.log_entry:,}.",
        worked,
    ]


def quantity(count: float) -> str:
    """As many digits as mean something."""
    return f"{count:,.0f}" if count >= _WHOLE else f"{count:,.2f}"


def money(usd: float | None) -> str:
    """Dollars and cents; nothing is a dash."""
    if usd is None:
        return "-"
    return "<0.01" if 0 < usd < _CENT else f"{usd:,.2f}"


def price(shown: Price) -> str:
    """With all its digits, and at least the cents."""
    whole, _, digits = f"{shown.usd:.10f}".rstrip("0").partition(".")
    return f"{whole}.{digits:0<2} {shown.of}"


def _row(bill: Bill, line: Line) -> tuple[str, ...]:
    what = f"{line.price.service} {line.price.unit}"
    return (what, quantity(line.quantity), price(line.price), *_money(bill, bill.amounts(line)))


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
    for place, name in enumerate(_HEADER):
        header = name.replace("1M ", "1M\n")  # so that a terminal of 80 columns holds all of it
        table.add_column(header, justify="left" if place == 0 else "right", no_wrap=place > 0)
    for row in rows:
        table.add_row(*row)
    table.add_row(*total, style="bold")
    return table
