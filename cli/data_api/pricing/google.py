"""Calculates the bill of a stack on Google Cloud.

Unknown quantities are estimated too high, never too low: a batch uses the CPU of its records sent one by one, a small
page uses that of the measured page, and a record that is read by its id counts as a page of one.
"""

from dataclasses import replace
from math import expm1

from data_api.pricing.bill import MONTH, Bill, Line, Traffic
from data_api.pricing.figures import Figures, Instance, Measured, figures
from data_api.pricing.prices import price_list

GIB = 2**30
_HOUR = 3_600  # seconds
# Entries in Cloud Logging: each request of the gateway and of a function is logged by the platform, and each POST and
# each push by the function, too (generate.py: accepted, persist.py: stored).
_ENTRIES_PER_POST, _ENTRIES_PER_PUSH, _ENTRIES_PER_PAGE = 3, 2, 2


def bill(traffic: Traffic, measured: Measured | None = None, *, free_tier: bool = False) -> Bill:
    """The bill of a stack whose functions have these measured CPU times; by default those of this project."""
    inputs = figures() if measured is None else replace(figures(), measured=measured)
    lines = (
        *_requests(traffic, inputs),
        *_instances(traffic, inputs),
        *_data(traffic, inputs),
        _audit_logs(traffic, inputs),
        _load_balancer(traffic),
        Line(price_list("google")["scheduled_jobs"], fixed=float(traffic.synthetic_caller)),
    )
    return Bill(traffic, lines, free_tier)


def billed_seconds(requests: int, cpu_seconds: float, hours: int, instance: Instance) -> float:
    """The billed seconds of one function's instances, for requests spread evenly over these hours.

    An instance is billed while it has a request, at least 0.1 s for each, and overlapping requests are billed once: if
    n requests per second arrive at random, the share of the time without a request is exp(-0.1 n). If the CPU time
    needs more than one instance, the billed time is the CPU time divided by the CPU target.
    """
    busy = cpu_seconds / instance.cpu_target
    if not hours:
        return busy
    window = hours * _HOUR
    return max(busy, -window * expm1(-requests * instance.minimum_seconds / window))


def _synthetic_runs(traffic: Traffic, inputs: Figures) -> int:
    """In a month."""
    return MONTH * inputs.synthetic_caller.runs_per_hour if traffic.synthetic_caller else 0


def _requests(traffic: Traffic, inputs: Figures) -> tuple[Line, ...]:
    prices, runs, run = price_list("google"), _synthetic_runs(traffic, inputs), inputs.synthetic_caller
    return (
        Line(prices["gateway_calls"], traffic.posts, traffic.pages, runs * run.gateway_calls),
        # persist is called for each record
        Line(prices["function_requests"], traffic.posts + traffic.writes, traffic.pages, runs * run.function_requests),
    )


def _instances(traffic: Traffic, inputs: Figures) -> tuple[Line, ...]:
    measured, prices = inputs.measured, price_list("google")
    page_ms = measured.read_ms * max(1.0, traffic.page_size / measured.page_size)
    requests_and_cpu = (  # of generate, persist and present; dead-letter runs too rarely to count
        (traffic.posts, traffic.writes * measured.accept_ms),
        (traffic.writes, traffic.writes * measured.store_ms),
        (traffic.pages, traffic.pages * page_ms),
    )
    busy = [billed_seconds(requests, ms / 1_000, traffic.hours, inputs.instance) for requests, ms in requests_and_cpu]
    minimum = traffic.min_instances * MONTH * _HOUR
    idle = sum(max(0.0, minimum - seconds) for seconds in busy)
    written, read = busy[0] + busy[1], busy[2]
    cpus, memory = inputs.instance.cpus, inputs.instance.memory_gib
    synthetic = _synthetic_runs(traffic, inputs) * inputs.synthetic_caller.instance_seconds
    return (
        Line(prices["cpu"], written * cpus, read * cpus, synthetic * cpus),
        Line(prices["idle_cpu"], fixed=idle * cpus),
        Line(prices["memory"], written * memory, read * memory, (idle + synthetic) * memory),
    )


def _data(traffic: Traffic, inputs: Figures) -> tuple[Line, ...]:
    prices, sizes, writes = price_list("google"), inputs.sizes, traffic.writes
    runs, run = _synthetic_runs(traffic, inputs), inputs.synthetic_caller
    entries = (
        traffic.posts * _ENTRIES_PER_POST + writes * _ENTRIES_PER_PUSH,
        traffic.pages * _ENTRIES_PER_PAGE,
        runs * run.log_entries,
    )
    return (
        Line(prices["messages"], message_bytes(traffic, inputs) / GIB, fixed=2 * runs * sizes.minimum_request / GIB),
        Line(prices["document_writes"], writes, fixed=runs * run.writes),
        # One more per page, by which present knows whether another page follows.
        Line(prices["document_reads"], read=traffic.reads + traffic.pages, fixed=runs * run.reads),
        Line(prices["document_storage"], writes * (traffic.record_bytes + sizes.document) / GIB),
        Line(prices["logs"], *(count * sizes.log_entry / GIB for count in entries)),
    )


def _audit_logs(traffic: Traffic, inputs: Figures) -> Line:
    """An entry for each call of Pub/Sub and Firestore: a publish, a write and a page."""
    size = inputs.sizes.audit_entry / GIB if traffic.audit_reads else 0.0
    entries = publishes(traffic, inputs) + traffic.writes
    return Line(price_list("google")["audit_logs"], entries * size, traffic.pages * size)


def _load_balancer(traffic: Traffic) -> Line:
    """Its four forwarding rules (HTTP and HTTPS, IPv4 and IPv6) are billed as one; without traffic of its own."""
    return Line(price_list("google")["forwarding_rules"], fixed=MONTH if traffic.domain else 0.0)


def message_bytes(traffic: Traffic, inputs: Figures) -> float:
    """The bytes that Pub/Sub bills, with the minimum for each publish request and each push of one message."""
    size, minimum = traffic.record_bytes + inputs.sizes.message, inputs.sizes.minimum_request
    return max(traffic.writes * size, publishes(traffic, inputs) * minimum) + traffic.writes * max(size, minimum)


def publishes(traffic: Traffic, inputs: Figures) -> float:
    """The publish requests: POSTs share one only if requests are not spread over hours."""
    return traffic.posts * (1.0 if traffic.hours else inputs.measured.publishes)
