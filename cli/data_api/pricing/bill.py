"""A bill: the quantities used, their prices, the free tier, and the sums."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil

from data_api.pricing.prices import Price

MONTH = 730  # hours, as in price lists
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Traffic:
    """The requests of a month."""

    writes: int  # records
    reads: int  # records
    page_size: int = 50
    record_bytes: int = 500
    batch: int = 1  # records per POST
    hours: int = MONTH  # over which the requests are spread evenly; 0: as fast as instances can serve them
    min_instances: int = 0  # of generate, persist and present; dead-letter has none
    domain: bool = False  # whether the stack has a load balancer
    deletes: int = 0  # records deleted by their owners
    tabs: int = 0  # visible tabs of the web page, on average at any time; of one browser only one counts
    synthetic_caller: bool = False  # whether a function calls the API all the time
    audit_reads: bool = False  # whether the project logs each access to data

    @property
    def posts(self) -> int:
        """The requests that write."""
        return ceil(self.writes / self.batch)

    @property
    def pages(self) -> int:
        """The requests that read."""
        return ceil(self.reads / self.page_size)


@dataclass(frozen=True, slots=True)
class Line:
    """The used quantity of one priced item, by purpose."""

    price: Price
    written: float = 0.0  # for writing records
    read: float = 0.0  # for reading records
    other: float = 0.0  # for deletions and tabs, and what is independent of requests

    @property
    def quantity(self) -> float:
        """The sum for all purposes."""
        return self.written + self.read + self.other


@dataclass(frozen=True, slots=True)
class Amounts:
    """Costs in USD."""

    total: float
    written: float
    read: float


@dataclass(frozen=True, slots=True)
class Bill:
    """The cost of a month."""

    traffic: Traffic
    lines: tuple[Line, ...]
    free_tier: bool = False

    def amounts(self, line: Line) -> Amounts:
        """The cost of a line; lines with the same free tier share it in proportion to their cost."""
        usd = line.price.usd_per_unit * (self._charged_share(line) if self.free_tier else 1)
        return Amounts(line.quantity * usd, line.written * usd, line.read * usd)

    def _charged_share(self, line: Line) -> float:
        """The share of the line that is not free, from 0 to 1."""
        sharing = [other for other in self.lines if other.price.free_tier_name == line.price.free_tier_name]
        full = sum(other.quantity * other.price.usd_per_unit for other in sharing)
        free = sum(other.price.free * other.price.usd_per_unit for other in sharing)
        return max(0.0, 1 - free / full) if full else 0.0

    def total(self, lines: Iterable[Line] | None = None) -> Amounts:
        """The sum of these lines; of all lines by default."""
        amounts = [self.amounts(line) for line in (self.lines if lines is None else lines)]
        return Amounts(
            sum(amount.total for amount in amounts),
            sum(amount.written for amount in amounts),
            sum(amount.read for amount in amounts),
        )

    def part(self, name: str) -> Amounts:
        """The cost of one part of the system."""
        return self.total(line for line in self.lines if line.price.part == name)

    def per_million(self, amounts: Amounts) -> tuple[float | None, float | None]:
        """The cost of a million records written, and of a million read; None if there are none in the traffic."""
        writes, reads = self.traffic.writes, self.traffic.reads
        return (
            amounts.written / writes * MILLION if writes else None,
            amounts.read / reads * MILLION if reads else None,
        )
