"""Counts what a stack uses of Google Cloud.

Owns which billed things a record written and a page read cause, and how long instances are billed.
Where something is not known it is counted too high, never too low: a batch takes the CPU of its records one by one, a
small page that of the page measured, and one record fetched by its id is counted as a page of one.
"""

from dataclasses import replace
from math import expm1

from data_api.pricing.bill import MONTH, Bill, Line, Traffic
from data_api.pricing.figures import Billing, Figures, Measured, figures
from data_api.pricing.prices import price_list

GIB = 2**30
_HOUR = 3_600  # seconds
# Entries in Cloud Logging: each request of the gateway and of a function is logged by the platform, and each POST and
# each push by the function, too (generate.py: accepted, persist.py: stored).
_ENTRIES_PER_POST, _ENTRIES_PER_PUSH, _ENTRIES_PER_PAGE = 3, 2, 2


def bill(traffic: Traffic, measured: Measured | None = None, *, free_tier: bool = False) -> Bill:
    """What a stack costs whose functions take what was measured; those of this project, if nothing is given."""
    known = figures() if measured is None else replace(figures(), measured=measured)
    lines = (*_requests(traffic), *_instances(traffic, known), *_data(traffic, known))
    return Bill(traffic, lines, free_tier)


def billed_seconds(requests: int, cpu_seconds: float, hours: int, billing: Billing) -> float:
    """How long instances of one function are billed that serve so many requests, evenly, within so many hours.

    An instance is billed while it has a request, each for 0.1 s at least, and requests that overlap are billed once:
    of requests that come by chance n a second, the share of the time with none is exp(-0.1 n). As soon as the work
    fills more than one instance, it is the work that counts.
    """
    working = cpu_seconds / billing.cpu_target
    if not hours:
        return working
    window = hours * _HOUR
    return max(working, -window * expm1(-requests * billing.least_seconds / window))


def _requests(traffic: Traffic) -> tuple[Line, ...]:
    prices = price_list("google")
    return (
        Line(prices["gateway_calls"], traffic.posts, traffic.pages),
        # persist is called for each record
        Line(prices["function_requests"], traffic.posts + traffic.writes, traffic.pages),
    )


def _instances(traffic: Traffic, known: Figures) -> tuple[Line, ...]:
    measured, prices = known.measured, price_list("google")
    page_ms = measured.read_ms * max(1.0, traffic.page_size / measured.page_size)
    work = (
        (traffic.posts, traffic.writes * measured.accept_ms),
        (traffic.writes, traffic.writes * measured.store_ms),
        (traffic.pages, traffic.pages * page_ms),
    )
    busy = [billed_seconds(requests, ms / 1_000, traffic.hours, known.billing) for requests, ms in work]
    kept = traffic.min_instances * MONTH * _HOUR
    idle = sum(max(0.0, kept - seconds) for seconds in busy)
    written, read = busy[0] + busy[1], busy[2]
    cpus, memory = known.instance.cpus, known.instance.memory_gib
    return (
        Line(prices["cpu"], written * cpus, read * cpus),
        Line(prices["idle_cpu"], standing=idle * cpus),
        Line(prices["memory"], written * memory, read * memory, idle * memory),
    )


def _data(traffic: Traffic, known: Figures) -> tuple[Line, ...]:
    prices, sizes, writes = price_list("google"), known.sizes, traffic.writes
    entries = traffic.posts * _ENTRIES_PER_POST + writes * _ENTRIES_PER_PUSH, traffic.pages * _ENTRIES_PER_PAGE
    return (
        Line(prices["messages"], message_bytes(traffic, known) / GIB),
        Line(prices["document_writes"], writes),
        # One more than a page shows: that is how present knows whether another follows.
        Line(prices["document_reads"], read=traffic.reads + traffic.pages),
        Line(prices["document_storage"], writes * (traffic.record_bytes + sizes.document) / GIB),
        Line(prices["logs"], *(count * sizes.log_entry / GIB for count in entries)),
    )


def message_bytes(traffic: Traffic, known: Figures) -> float:
    """The bytes that Pub/Sub bills. What is published together counts together; each push is one message.

    Requests share a publish only where they come densely.
    """
    size, least = traffic.record_bytes + known.sizes.message, known.sizes.least_request
    publishes = traffic.posts * (1.0 if traffic.hours else known.measured.publishes)
    return max(traffic.writes * size, publishes * least) + traffic.writes * max(size, least)
