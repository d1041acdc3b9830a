"""Counts what the AWS sample from which this project descends would use: API Gateway, Lambda, SQS, DynamoDB.

It is counted as if its defects were fixed (it stores every record of a batch, and pages), and without its authorizer.
"""

from math import ceil

from data_api.pricing.bill import Bill, Line, Traffic
from data_api.pricing.figures import figures
from data_api.pricing.prices import price_list

_GB = 10**9
_WRITE_UNIT, _READ_UNIT = 1_024, 4_096  # bytes
_EVENTUALLY_CONSISTENT = 0.5  # of a read unit


def bill(traffic: Traffic) -> Bill:
    """What the sample would cost. It takes one record per POST, whatever the batch."""
    assumed, prices = figures().amazon, price_list("amazon")
    writes, pages = traffic.writes, traffic.pages
    received = ceil(writes / assumed.received_together)
    item = traffic.record_bytes + assumed.item
    write_seconds = writes * (assumed.accept_ms + assumed.store_ms) / 1_000
    read_seconds = pages * assumed.read_ms / 1_000
    lines = (
        Line(prices["gateway_calls"], writes, pages),
        Line(prices["function_requests"], writes + received, pages),
        Line(prices["function_time"], write_seconds * assumed.memory_gb, read_seconds * assumed.memory_gb),
        Line(prices["queue_requests"], writes + 2 * received),  # sent; received and deleted together
        Line(prices["item_writes"], writes * ceil(item / _WRITE_UNIT)),
        Line(prices["item_reads"], read=pages * ceil(traffic.page_size * item / _READ_UNIT) * _EVENTUALLY_CONSISTENT),
        Line(prices["item_storage"], writes * item / _GB),
        Line(prices["logs"], *(count * assumed.log_per_request / _GB for count in (writes + received, pages))),
        Line(prices["traces"], writes * assumed.traced, pages * assumed.traced),
    )
    return Bill(traffic, lines)
