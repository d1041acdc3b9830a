"""Reads what the prices are multiplied with: what was measured, what follows from the code, what is assumed.

Owns the form of `figures.toml`, where each figure has its source. The measured ones can be replaced:
the benchmark passes those of another implementation.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("figures.toml")


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU milliseconds a request of the functions that every record passes, under load."""

    accept_ms: float
    publishes: float  # publish requests of a POST; fewer than 1 where POSTs share them
    store_ms: float
    read_ms: float  # a page of `page_size` records
    page_size: int
    machine: str


@dataclass(frozen=True, slots=True)
class Instance:
    """How large an instance of a function is."""

    cpus: int
    memory_gib: float


@dataclass(frozen=True, slots=True)
class Sizes:
    """In bytes."""

    message: int  # what comes to a record's own, as in `document`
    least_request: int
    document: int
    log_entry: int


@dataclass(frozen=True, slots=True)
class Billing:
    """How instances are billed."""

    least_seconds: float
    cpu_target: float


@dataclass(frozen=True, slots=True)
class Amazon:
    """What is assumed of the AWS sample."""

    accept_ms: float
    store_ms: float
    read_ms: float
    memory_gb: float
    received_together: int
    item: int
    log_per_request: int
    traced: float


@dataclass(frozen=True, slots=True)
class Figures:
    """All of them."""

    measured: Measured
    instance: Instance
    sizes: Sizes
    billing: Billing
    amazon: Amazon


@cache
def figures() -> Figures:
    """The figures of `figures.toml`."""
    tables = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return Figures(
        measured=Measured(**tables["measured"]),
        instance=Instance(**tables["instance"]),
        sizes=Sizes(**tables["sizes"]),
        billing=Billing(**tables["billing"]),
        amazon=Amazon(**tables["amazon"]),
    )
