"""Reads the list prices.

Owns the form of `prices.toml`, where every price has its unit, its source and the date on which it was read.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("prices.toml")


@dataclass(frozen=True, slots=True)
class Price:
    """`usd` for `per` units; `free` units a month cost nothing where the free tier counts."""

    part: str  # what the service is in the system: the same word in each cloud
    service: str
    unit: str
    usd: float
    per: int
    of: str  # that many units, as it is said after the price
    source: str
    checked: str  # a date, as exact as it is known
    free: float = 0
    allowance: str = ""  # prices that share what is free; alone without one

    @property
    def shared(self) -> str:
        """What names those that share."""
        return self.allowance or f"{self.service} {self.unit}"

    @property
    def each(self) -> float:
        """USD of one unit."""
        return self.usd / self.per


@dataclass(frozen=True, slots=True)
class PriceList:
    """The prices of one cloud in one region."""

    region: str
    prices: dict[str, Price]

    def __getitem__(self, name: str) -> Price:
        return self.prices[name]


@cache
def price_list(cloud: str) -> PriceList:
    """The prices of `google` or `amazon`."""
    tables = tomllib.loads(FILE.read_text(encoding="utf-8"))[cloud]
    region = tables.pop("region")
    return PriceList(region, {name: Price(**table) for name, table in tables.items()})
