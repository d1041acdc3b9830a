"""The command `cost`."""

from collections.abc import Callable

import click

from data_api.pricing import google, show
from data_api.pricing.bill import MONTH, Traffic
from data_api.pricing.count_type import CountType

Command = Callable[..., None]

_MAX_MONTHLY = 10**12  # records: 400,000 per second
_DEFAULT = Traffic(writes=1_000_000, reads=1_000_000)
# openapi.yaml: records of a page, bytes of a record, records and bytes of a batch
_MAX_PAGE, _MAX_RECORD_BYTES, _MAX_BATCH, _MAX_BATCH_BYTES = 500, 256 * 2**10, 1_000, 8 * 2**20


def _count(name: str, minimum: int, maximum: int, default: int, meaning: str) -> Callable[[Command], Command]:
    count = CountType(minimum, maximum)
    return click.option(name, metavar="N", type=count, default=default, help=f"{meaning}  [default: {default:,}]")


@click.command()
@_count("--writes", 0, _MAX_MONTHLY, _DEFAULT.writes, "Records written per month.")
@_count("--reads", 0, _MAX_MONTHLY, _DEFAULT.reads, "Records read per month.")
@_count("--page-size", 1, _MAX_PAGE, _DEFAULT.page_size, "Records per GET.")
@_count("--batch", 1, _MAX_BATCH, _DEFAULT.batch, "Records per POST.")
@_count("--record-bytes", 2, _MAX_RECORD_BYTES, _DEFAULT.record_bytes, "Size of a record, as JSON.")
@_count(
    "--min-instances",
    0,
    1_000,
    _DEFAULT.min_instances,
    "Minimum instances of generate, persist and present: minInstances.",
)
@_count("--hours", 0, MONTH, MONTH, "Hours of the month over which requests are spread evenly; 0: dense.")
@_count("--deletes", 0, _MAX_MONTHLY, _DEFAULT.deletes, "Records deleted per month.")
@_count("--tabs", 0, 10**6, _DEFAULT.tabs, "Visible tabs of the web page, on average at any time.")
@click.option("--domain", is_flag=True, help="Add the load balancer of an own domain: webDomain.")
@click.option("--synthetic-caller", is_flag=True, help="Add the calls of the function probe: syntheticCaller.")
@click.option("--audit-reads", is_flag=True, help="Add the audit logs of reads: auditReads of the preparation.")
@click.option("--free-tier", is_flag=True, help="Subtract Google's monthly free tier.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON with exact amounts and the source of each price.")
def cost(  # noqa: PLR0913 - click passes each option
    *,
    writes: int,
    reads: int,
    page_size: int,
    batch: int,
    record_bytes: int,
    hours: int,
    min_instances: int,
    deletes: int,
    tabs: int,
    domain: bool,
    synthetic_caller: bool,
    audit_reads: bool,
    free_tier: bool,
    as_json: bool,
) -> None:
    """Estimate what a stack costs in a month.

    Multiplies list prices with the usage of each record written and each page read: calls, requests, CPU time, bytes
    and log lines. A record that is read by its id counts as a page of one. Calls no cloud service.

    \b
    data-api cost --writes 50,000,000 --reads 1e7 --page-size 100
    data-api cost --writes 5e7 --batch 500 --hours 60
    """  # noqa: D301 - click's mark for lines that are not wrapped
    if batch * (record_bytes + 1) - 1 > _MAX_BATCH_BYTES:  # with the line breaks between them
        raise click.UsageError(
            f"A batch has at most 8 MiB, and {batch:,} records of {record_bytes:,} bytes are more: "
            f"give --batch {(_MAX_BATCH_BYTES + 1) // (record_bytes + 1)} or less."
        )
    traffic = Traffic(
        writes,
        reads,
        page_size,
        record_bytes,
        batch,
        hours,
        min_instances,
        domain,
        deletes,
        tabs,
        synthetic_caller,
        audit_reads,
    )
    bill = google.bill(traffic, free_tier=free_tier)
    if as_json:
        show.show_json(bill)
    else:
        show.show_table(bill)
