"""Is a bill: what is used, times its price.

Owns the traffic that a bill is for, how quantities become amounts, the free tier, and the sums.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil

from data_api.pricing.prices import Price

MONTH = 730  # hours, as price lists have it
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Traffic:
    """What callers do in a month."""

    writes: int  # records
    reads: int  # records
    page_size: int = 50
    record_bytes: int = 500
    batch: int = 1  # records a POST
    hours: int = MONTH  # in which all requests come, evenly; 0: as densely as instances can serve them
    min_instances: int = 0  # of each function

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
    """How much is used of one priced item, by purpose."""

    price: Price
    written: float = 0.0
    read: float = 0.0
    standing: float = 0.0  # used whether or not anybody calls

    @property
    def quantity(self) -> float:
        """All that is used of it."""
        return self.written + self.read + self.standing


@dataclass(frozen=True, slots=True)
class Amounts:
    """USD."""

    total: float
    written: float
    read: float


@dataclass(frozen=True, slots=True)
class Bill:
    """What a month costs."""

    traffic: Traffic
    lines: tuple[Line, ...]
    free_tier: bool = False

    def amounts(self, line: Line) -> Amounts:
        """What a line costs; what is free of it is shared out alike."""
        each = line.price.each * (self._charged(line) if self.free_tier else 1)
        return Amounts(line.quantity * each, line.written * each, line.read * each)

    def _charged(self, line: Line) -> float:
        """The share that is not free."""
        sharing = [other for other in self.lines if other.price.shared == line.price.shared]
        spent = sum(other.quantity * other.price.each for other in sharing)
        free = sum(other.price.free * other.price.each for other in sharing)
        return max(0.0, 1 - free / spent) if spent else 0.0

    def total(self, lines: Iterable[Line] | None = None) -> Amounts:
        """What some lines cost together, or all."""
        amounts = [self.amounts(line) for line in (self.lines if lines is None else lines)]
        return Amounts(
            sum(each.total for each in amounts),
            sum(each.written for each in amounts),
            sum(each.read for each in amounts),
        )

    def part(self, name: str) -> Amounts:
        """What one part of the system costs."""
        return self.total(line for line in self.lines if line.price.part == name)

    def per_million(self, amounts: Amounts) -> tuple[float | None, float | None]:
        """The share of a million records written and of a million read; None where none are."""
        writes, reads = self.traffic.writes, self.traffic.reads
        return (
            amounts.written / writes * MILLION if writes else None,
            amounts.read / reads * MILLION if reads else None,
        )
