"""Calculates the bill of the AWS sample that this project is based on: API Gateway, Lambda, SQS, DynamoDB.

It is calculated as if the sample's defects were fixed (it stores every record of a batch, and pages), and without its
authorizer.
"""

from math import ceil

from data_api.pricing.bill import Bill, Line, Traffic
from data_api.pricing.figures import figures
from data_api.pricing.prices import price_list

_GB = 10**9
_WRITE_UNIT, _READ_UNIT = 1_024, 4_096  # bytes
_EVENTUALLY_CONSISTENT = 0.5  # of a read unit


def bill(traffic: Traffic) -> Bill:
    """The bill of the sample. It accepts one record per POST, so the traffic's batch size is ignored."""
    assumed, prices = figures().amazon, price_list("amazon")
    writes, pages = traffic.writes, traffic.pages
    batches = ceil(writes / assumed.batch_size)
    item_bytes = traffic.record_bytes + assumed.item_overhead
    write_seconds = writes * (assumed.accept_ms + assumed.store_ms) / 1_000
    read_seconds = pages * assumed.read_ms / 1_000
    page_read_units = ceil(traffic.page_size * item_bytes / _READ_UNIT)
    lines = (
        Line(prices["gateway_calls"], writes, pages),
        Line(prices["function_requests"], writes + batches, pages),
        Line(prices["function_time"], write_seconds * assumed.memory_gb, read_seconds * assumed.memory_gb),
        Line(prices["queue_requests"], writes + 2 * batches),  # sent one by one, received and deleted in batches
        Line(prices["item_writes"], writes * ceil(item_bytes / _WRITE_UNIT)),
        Line(prices["item_reads"], read=pages * page_read_units * _EVENTUALLY_CONSISTENT),
        Line(prices["item_storage"], writes * item_bytes / _GB),
        Line(prices["logs"], *(count * assumed.log_per_request / _GB for count in (writes + batches, pages))),
        Line(prices["traces"], writes * assumed.traced, pages * assumed.traced),
    )
    return Bill(traffic, lines)
