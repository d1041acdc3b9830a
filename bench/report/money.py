"""Calculates the cost of a million records written and read: ours, the common implementation, and the AWS sample.

Owns which measured values of an implementation are in its bill, and the rows of the comparison. Values that were not
measured are the same for both implementations on Google Cloud: size and concurrency of instances, log lines.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bench.report.table import Table
from data_api.pricing import amazon, google
from data_api.pricing.bill import MILLION, MONTH, Bill, Traffic
from data_api.pricing.figures import Measured, figures

PAGE_SIZE = 50
DENSE = Traffic(writes=MILLION, reads=MILLION, page_size=PAGE_SIZE, hours=0)
REQUIRED_SECTIONS = frozenset({"accept", "store", "read"})
SPREAD = replace(DENSE, hours=MONTH)
_PARTS = ("gateway", "functions", "queue", "database", "logs", "tracing")

Results = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""By section (accept, store, read), implementation (ours, common) and value (cpu_ms, and for accept also rpcs)."""


@dataclass(frozen=True, slots=True)
class Row:
    """USD for a million records written and a million read."""

    part: str
    ours: float
    common: float
    amazon: float


def rows(results: Results) -> list[Row]:
    """The cost of each part under a dense load, then the sums; last the sum for requests spread over a month."""
    ours, common = (measured_values(results, implementation) for implementation in ("ours", "common"))
    dense = _bills(DENSE, ours, common)
    spread = _bills(SPREAD, ours, common)
    return [
        *(Row(part, *(bill.part(part).total for bill in dense)) for part in _PARTS),
        Row("a million written", *(bill.total().written for bill in dense)),
        Row("a million read", *(bill.total().read for bill in dense)),
        Row("together", *(bill.total().total for bill in dense)),
        Row("together, spread over a month", *(bill.total().total for bill in spread)),
    ]


def table(results: Results) -> Table:
    """The rows as a table."""
    dollars = [[row.part, f"{row.ours:.2f}", f"{row.common:.2f}", f"{row.amazon:.2f}"] for row in rows(results)]
    note = (
        f"USD at list prices for a million records written, one in each request, and a million pages of {PAGE_SIZE} "
        "read, calculated from the CPU and RPCs a request above. docs/cost.md says what is included; `data-api cost` "
        "calculates it for other traffic. Ours and common have the same instances."
    )
    return Table("Cost", note, ["", "ours", "common", "the AWS sample"], dollars)


def measured_values(results: Results, implementation: str) -> Measured:
    """The measured values of an implementation for its bill."""
    return Measured(
        accept_ms=results["accept"][implementation]["cpu_ms"],
        publishes=results["accept"][implementation]["rpcs"],
        store_ms=results["store"][implementation]["cpu_ms"],
        read_ms=results["read"][implementation]["cpu_ms"],
        page_size=PAGE_SIZE,
        machine="this one",
    )


def disagreements(results: Results) -> Iterator[str]:
    """The values of `figures.toml`, which `data-api cost` uses, that differ from these by more than a factor of 2."""
    new, used = measured_values(results, "ours"), figures().measured
    for name in ("accept_ms", "publishes", "store_ms", "read_ms"):
        measured, in_file = getattr(new, name), getattr(used, name)
        if not measured / 2 <= in_file <= measured * 2:
            yield f"{name} is {in_file:g} in figures.toml but was measured as {measured:.2g}. Update figures.toml."


def _bills(traffic: Traffic, ours: Measured, common: Measured) -> tuple[Bill, Bill, Bill]:
    return google.bill(traffic, ours), google.bill(traffic, common), amazon.bill(traffic)
