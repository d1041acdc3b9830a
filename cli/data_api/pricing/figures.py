"""Reads `figures.toml`: measured values, values that follow from the code, and assumptions."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("figures.toml")


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU milliseconds per request of generate, persist and present under load."""

    accept_ms: float
    publishes: float  # publish requests per POST; less than 1 if POSTs share them
    store_ms: float
    read_ms: float  # for a page of `page_size` records
    page_size: int
    machine: str  # on which it was measured


@dataclass(frozen=True, slots=True)
class Instance:
    """The size of an instance of a function, and the billing of its time."""

    cpus: int
    memory_gib: float
    minimum_seconds: float  # billed for a request without others at the same time
    cpu_target: float  # share of the time that Cloud Run keeps an instance busy


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes in bytes."""

    message: int  # in addition to the record
    minimum_request: int  # that Pub/Sub bills
    document: int  # in addition to the record
    tombstone: int
    log_entry: int
    audit_entry: int


@dataclass(frozen=True, slots=True)
class SyntheticCaller:
    """What the function `probe` does, and what each of its runs uses."""

    runs_per_hour: int
    gateway_calls: int
    function_requests: int
    instance_seconds: float  # billed, of all functions together
    writes: int  # of Firestore
    reads: int  # of Firestore
    log_entries: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """How a tab of the web page waits for changes."""

    seconds: int  # of one request
    reads: int  # of one request, if nothing changes
    clients: int  # in one instance


@dataclass(frozen=True, slots=True)
class Amazon:
    """Assumptions about the AWS sample."""

    accept_ms: float
    store_ms: float
    read_ms: float
    memory_gb: float
    batch_size: int  # messages that the consumer receives at once
    item_overhead: int  # bytes in addition to the record
    log_per_request: int  # bytes
    traced: float  # share of the requests


@dataclass(frozen=True, slots=True)
class Figures:
    """The content of `figures.toml`."""

    measured: Measured
    instance: Instance
    sizes: Sizes
    waiting: Waiting
    synthetic_caller: SyntheticCaller
    amazon: Amazon


@cache
def figures() -> Figures:
    """The content of `figures.toml`, read once."""
    tables = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return Figures(
        measured=Measured(**tables["measured"]),
        instance=Instance(**tables["instance"]),
        sizes=Sizes(**tables["sizes"]),
        waiting=Waiting(**tables["waiting"]),
        synthetic_caller=SyntheticCaller(**tables["synthetic_caller"]),
        amazon=Amazon(**tables["amazon"]),
    )
