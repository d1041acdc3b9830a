"""Calculates the bill of a stack on Google Cloud.

Unknown quantities are estimated too high, never too low: a batch uses the CPU of its records sent one by one, a small
page and a deletion use that of the measured page, and a record that is read by its id counts as a page of one. An
instance in which tabs wait is billed all the time.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import ceil, expm1

from data_api.pricing.bill import MONTH, Bill, Line, Traffic
from data_api.pricing.figures import Figures, Instance, Measured, figures
from data_api.pricing.prices import Price, price_list

GIB = 2**30
_HOUR = 3_600  # seconds
# Entries in Cloud Logging: each request of the gateway and of a function is logged by the platform, and each POST, each
# push and each deletion by the function, too (generate.py: accepted, persist.py: stored, delete.py: deleted).
_ENTRIES_PER_POST, _ENTRIES_PER_PUSH, _ENTRIES_PER_PAGE, _ENTRIES_PER_DELETION = 3, 2, 2, 3
_READS_PER_DELETION = 2  # of the record, and of its dead letters: a query is at least one read


def bill(traffic: Traffic, measured: Measured | None = None, *, free_tier: bool = False) -> Bill:
    """The bill of a stack whose functions have these measured CPU times; by default those of this project."""
    inputs = figures() if measured is None else replace(figures(), measured=measured)
    lines = (
        *_requests(traffic, inputs),
        *_instances(traffic, inputs),
        *_data(traffic, inputs),
        _audit_logs(traffic, inputs),
        _load_balancer(traffic),
        *_synthetic_caller(traffic, inputs),
    )
    return Bill(traffic, _one_for_each_price(lines), free_tier)


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


def _waits(traffic: Traffic, inputs: Figures) -> float:
    """The requests in which tabs wait for changes."""
    return traffic.tabs * MONTH * _HOUR / inputs.waiting.seconds


def _requests(traffic: Traffic, inputs: Figures) -> tuple[Line, ...]:
    prices, others = price_list("google"), traffic.deletes + _waits(traffic, inputs)
    return (
        Line(prices["gateway_calls"], traffic.posts, traffic.pages, others),
        # persist is called for each record
        Line(prices["function_requests"], traffic.posts + traffic.writes, traffic.pages, others),
    )


def _instances(traffic: Traffic, inputs: Figures) -> tuple[Line, ...]:
    measured, prices = inputs.measured, price_list("google")
    page_ms = measured.read_ms * max(1.0, traffic.page_size / measured.page_size)
    requests_and_cpu = (  # of generate, persist, present and delete; dead-letter runs too rarely to count
        (traffic.posts, traffic.writes * measured.accept_ms),
        (traffic.writes, traffic.writes * measured.store_ms),
        (traffic.pages, traffic.pages * page_ms),
        (traffic.deletes, traffic.deletes * measured.read_ms),
    )
    busy = [billed_seconds(requests, ms / 1_000, traffic.hours, inputs.instance) for requests, ms in requests_and_cpu]
    minimum = traffic.min_instances * MONTH * _HOUR
    idle = sum(max(0.0, minimum - seconds) for seconds in busy[:3])
    written, read = busy[0] + busy[1], busy[2]
    other = busy[3] + ceil(traffic.tabs / inputs.waiting.clients) * MONTH * _HOUR
    cpus, memory = inputs.instance.cpus, inputs.instance.memory_gib
    return (
        Line(prices["cpu"], written * cpus, read * cpus, other * cpus),
        Line(prices["idle_cpu"], other=idle * cpus),
        Line(prices["memory"], written * memory, read * memory, (other + idle) * memory),
    )


def _data(traffic: Traffic, inputs: Figures) -> tuple[Line, ...]:
    prices, sizes, writes, deletes = price_list("google"), inputs.sizes, traffic.writes, traffic.deletes
    waits = _waits(traffic, inputs)
    entries = (
        traffic.posts * _ENTRIES_PER_POST + writes * _ENTRIES_PER_PUSH,
        traffic.pages * _ENTRIES_PER_PAGE,
        deletes * _ENTRIES_PER_DELETION + waits * _ENTRIES_PER_PAGE,
    )
    stored = writes * (traffic.record_bytes + sizes.document)
    return (
        Line(prices["messages"], message_bytes(traffic, inputs) / GIB),
        Line(prices["document_writes"], writes, other=deletes),
        Line(
            prices["document_reads"],
            read=traffic.reads + traffic.pages,  # one more per page: present must know whether another page follows
            other=deletes * _READS_PER_DELETION + waits * inputs.waiting.reads,
        ),
        # As if a deleted record was stored until the end of the month.
        Line(prices["document_storage"], stored / GIB, other=deletes * sizes.tombstone / GIB),
        Line(prices["logs"], *(count * sizes.log_entry / GIB for count in entries)),
    )


def _audit_logs(traffic: Traffic, inputs: Figures) -> Line:
    """An entry for each call of Pub/Sub and Firestore: a publish, a write and a page."""
    size = inputs.sizes.audit_entry / GIB if traffic.audit_reads else 0.0
    entries = _publishes(traffic, inputs) + traffic.writes
    return Line(price_list("google")["audit_logs"], entries * size, traffic.pages * size)


def _load_balancer(traffic: Traffic) -> Line:
    """Its four forwarding rules (HTTP and HTTPS, IPv4 and IPv6) are billed as one; without traffic of its own."""
    return Line(price_list("google")["forwarding_rules"], other=MONTH if traffic.domain else 0.0)


def _synthetic_caller(traffic: Traffic, inputs: Figures) -> Iterator[Line]:
    run = inputs.synthetic_caller
    runs = MONTH * run.runs_per_hour if traffic.synthetic_caller else 0
    seconds = runs * run.instance_seconds
    quantities = {
        "gateway_calls": runs * run.gateway_calls,
        "function_requests": runs * run.function_requests,
        "cpu": seconds * inputs.instance.cpus,
        "memory": seconds * inputs.instance.memory_gib,
        "messages": 2 * runs * inputs.sizes.minimum_request / GIB,  # published and pushed
        "document_writes": runs * run.writes,
        "document_reads": runs * run.reads,
        "logs": runs * run.log_entries * inputs.sizes.log_entry / GIB,
        "scheduled_jobs": float(traffic.synthetic_caller),
    }
    prices = price_list("google")
    return (Line(prices[name], other=quantity) for name, quantity in quantities.items())


def _one_for_each_price(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines with those of the same price added together: a free tier counts once."""
    added: dict[Price, Line] = {}
    for line in lines:
        before = added.get(line.price, Line(line.price))
        sums = (before.written + line.written, before.read + line.read, before.other + line.other)
        added[line.price] = Line(line.price, *sums)
    return tuple(added.values())


def message_bytes(traffic: Traffic, inputs: Figures) -> float:
    """The bytes that Pub/Sub bills, with the minimum for each publish request and each push of one message."""
    size, minimum = traffic.record_bytes + inputs.sizes.message, inputs.sizes.minimum_request
    return max(traffic.writes * size, _publishes(traffic, inputs) * minimum) + traffic.writes * max(size, minimum)


def _publishes(traffic: Traffic, inputs: Figures) -> float:
    """The publish requests. POSTs share them only if they are not spread over hours."""
    return traffic.posts * (1.0 if traffic.hours else inputs.measured.publishes)
