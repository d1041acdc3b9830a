"""Says what a million records written and read cost: ours, as usually written, and the AWS sample.

Owns which measured figures of a contender go into its bill, and the rows of the comparison. Whatever was not measured
is counted alike for both contenders on Google Cloud: instances of the same size and concurrency, the same log lines.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from data_api.pricing import amazon, google
from data_api.pricing.bill import MILLION, MONTH, Bill, Traffic
from data_api.pricing.figures import Measured, figures

PAGE_SIZE = 50
DENSE = Traffic(writes=MILLION, reads=MILLION, page_size=PAGE_SIZE, hours=0)
NEEDED = frozenset({"accept", "store", "read"})
SPREAD = replace(DENSE, hours=MONTH)
_PARTS = ("gateway", "functions", "queue", "database", "logs", "tracing")

Results = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""By what is measured (accept, store, read), contender (ours, usual) and figure (cpu_ms, for accept also rpcs)."""


@dataclass(frozen=True, slots=True)
class Row:
    """USD for a million records written and a million read."""

    part: str
    ours: float
    usual: float
    amazon: float


def rows(results: Results) -> list[Row]:
    """What each part costs under a dense load, then the sums; last the sum where the requests come spread out."""
    ours, usual = (measured(results, implementation) for implementation in ("ours", "usual"))
    dense = _bills(DENSE, ours, usual)
    spread = _bills(SPREAD, ours, usual)
    return [
        *(Row(part, *(bill.part(part).total for bill in dense)) for part in _PARTS),
        Row("a million written", *(bill.total().written for bill in dense)),
        Row("a million read", *(bill.total().read for bill in dense)),
        Row("together", *(bill.total().total for bill in dense)),
        Row("together, spread over a month", *(bill.total().total for bill in spread)),
    ]


def measured(results: Results, implementation: str) -> Measured:
    """The figures of one contender, as a bill needs them."""
    return Measured(
        accept_ms=results["accept"][implementation]["cpu_ms"],
        publishes=results["accept"][implementation]["rpcs"],
        store_ms=results["store"][implementation]["cpu_ms"],
        read_ms=results["read"][implementation]["cpu_ms"],
        page_size=PAGE_SIZE,
        machine="this one",
    )


def disagreements(results: Results) -> Iterator[str]:
    """Where the figures that `data-api cost` uses are further from these than `figures.toml` allows."""
    measured_now, used = measured(results, "ours"), figures().measured
    for name in ("accept_ms", "publishes", "store_ms", "read_ms"):
        now, in_file = getattr(measured_now, name), getattr(used, name)
        if not now / 2 <= in_file <= now * 2:
            yield f"{name} is {in_file:g} in figures.toml, and was measured as {now:.2g}: put that there"


def _bills(traffic: Traffic, ours: Measured, usual: Measured) -> tuple[Bill, Bill, Bill]:
    return google.bill(traffic, ours), google.bill(traffic, usual), amazon.bill(traffic)
