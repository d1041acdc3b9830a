"""Reads `figures.toml`: what was measured, what follows from the code, and what is assumed."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("figures.toml")


@dataclass(frozen=True, slots=True)
class Measured:
    """What generate, persist and present take under load, in CPU milliseconds per request."""

    accept_ms: float
    publishes: float  # publish requests per POST; fewer than 1 where POSTs share them
    store_ms: float
    read_ms: float  # a page of `page_size` records
    page_size: int
    machine: str


@dataclass(frozen=True, slots=True)
class Instance:
    """The size of an instance of a function, and how its time is billed."""

    cpus: int
    memory_gib: float
    minimum_seconds: float
    cpu_target: float


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes in bytes."""

    message: int  # in addition to the record, as in `document`
    minimum_request: int
    document: int
    log_entry: int


@dataclass(frozen=True, slots=True)
class Amazon:
    """Assumptions about the AWS sample."""

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
    """The content of `figures.toml`."""

    measured: Measured
    instance: Instance
    sizes: Sizes
    amazon: Amazon


@cache
def figures() -> Figures:
    """The figures of `figures.toml`."""
    tables = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return Figures(
        measured=Measured(**tables["measured"]),
        instance=Instance(**tables["instance"]),
        sizes=Sizes(**tables["sizes"]),
        amazon=Amazon(**tables["amazon"]),
    )
