"""Reads `prices.toml`: the list prices, each with its unit, its source and the date when it was checked."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("prices.toml")


@dataclass(frozen=True, slots=True)
class Price:
    """`usd` for `per` units; with the free tier, `free` units per month cost nothing."""

    part: str  # the part of the system, with the same name for each cloud
    service: str
    unit: str
    usd: float
    per: int
    label: str  # shown after the price, as in "per million"
    source: str
    checked: str  # a month or a day
    free: float = 0
    allowance: str = ""  # prices with the same allowance share a free tier

    @property
    def free_tier_name(self) -> str:
        """Prices that share a free tier have the same name."""
        return self.allowance or f"{self.service} {self.unit}"

    @property
    def usd_per_unit(self) -> float:
        """USD for one unit."""
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
