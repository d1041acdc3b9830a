"""The command that says what a stack would cost: cost.

Owns its options and help, and what cannot go together.
"""

from collections.abc import Callable

import click

from data_api.pricing import google, show
from data_api.pricing.bill import MONTH, Traffic

Command = Callable[..., None]

_MOST = 10**12  # records a month: 400,000 a second
_DEFAULT = Traffic(writes=1_000_000, reads=1_000_000)
# openapi.yaml: a page, a record and a batch
_MAX_PAGE, _MAX_RECORD, _MAX_RECORDS, _MAX_BATCH = 500, 256 * 2**10, 1_000, 8 * 2**20


def _count(name: str, least: int, most: int, default: int, meaning: str) -> Callable[[Command], Command]:
    kind = click.IntRange(least, most)
    return click.option(name, metavar="N", type=kind, default=default, help=f"{meaning}  [default: {default:,}]")


@click.command()
@_count("--writes", 0, _MOST, _DEFAULT.writes, "Records written in a month.")
@_count("--reads", 0, _MOST, _DEFAULT.reads, "Records read in a month.")
@_count("--page-size", 1, _MAX_PAGE, _DEFAULT.page_size, "Records of one GET.")
@_count("--batch", 1, _MAX_RECORDS, _DEFAULT.batch, "Records of one POST.")
@_count("--record-bytes", 2, _MAX_RECORD, _DEFAULT.record_bytes, "Size of a record, as JSON.")
@_count(
    "--min-instances", 0, 1_000, _DEFAULT.min_instances, "Instances of each function that always run: minInstances."
)
@_count(
    "--hours", 0, MONTH, MONTH, "Hours of the month in which all requests arrive, evenly; 0: as densely as possible."
)
@click.option("--free-tier", is_flag=True, help="Subtract Google's free tier of each month.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every digit and the source of every price.")
def cost(  # noqa: PLR0913 - click passes each option
    *,
    writes: int,
    reads: int,
    page_size: int,
    batch: int,
    record_bytes: int,
    hours: int,
    min_instances: int,
    free_tier: bool,
    as_json: bool,
) -> None:
    """Estimate what a stack costs in a month.

    List prices, multiplied with what each record written and each page read causes: calls, requests, CPU time, bytes
    and log lines. A record fetched by its id counts as a page of one. Nothing is asked of any cloud.

    \b
    data-api cost --writes 50000000 --reads 10000000 --page-size 100
    data-api cost --writes 50000000 --batch 500 --hours 60
    """  # noqa: D301 - click's own mark, for lines that stay as they are
    if batch * (record_bytes + 1) - 1 > _MAX_BATCH:  # with the line breaks between them
        raise click.UsageError(
            f"A batch takes 8 MiB, and {batch:,} records of {record_bytes:,} bytes are more: "
            f"give --batch {(_MAX_BATCH + 1) // (record_bytes + 1)} or less."
        )
    traffic = Traffic(writes, reads, page_size, record_bytes, batch, hours, min_instances)
    bill = google.bill(traffic, free_tier=free_tier)
    if as_json:
        show.show_json(bill)
    else:
        show.show_table(bill)
