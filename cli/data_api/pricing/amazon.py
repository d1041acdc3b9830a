"""Counts what the AWS sample would use that this project descends from.

Owns which billed things a record written and a page read cause there: API Gateway, Lambda, SQS, Lambda, DynamoDB.
It is counted with its defects fixed (it stores each record of a batch, and pages), and without its authorizer.
"""

from math import ceil

from data_api.pricing.bill import Bill, Line, Traffic
from data_api.pricing.figures import figures
from data_api.pricing.prices import price_list

_GB = 10**9
_WRITE_UNIT, _READ_UNIT = 1_024, 4_096  # bytes
_EVENTUALLY = 0.5  # of a read unit, where the read need not see the latest write


def bill(traffic: Traffic) -> Bill:
    """What the sample would cost. It takes one record a POST, whatever the batch."""
    known, prices = figures().amazon, price_list("amazon")
    writes, pages = traffic.writes, traffic.pages
    received = ceil(writes / known.received_together)
    item = traffic.record_bytes + known.item
    write_seconds = writes * (known.accept_ms + known.store_ms) / 1_000
    read_seconds = pages * known.read_ms / 1_000
    lines = (
        Line(prices["gateway_calls"], writes, pages),
        Line(prices["function_requests"], writes + received, pages),
        Line(prices["function_time"], write_seconds * known.memory_gb, read_seconds * known.memory_gb),
        Line(prices["queue_requests"], writes + 2 * received),  # sent; received and deleted together
        Line(prices["item_writes"], writes * ceil(item / _WRITE_UNIT)),
        Line(prices["item_reads"], read=pages * ceil(traffic.page_size * item / _READ_UNIT) * _EVENTUALLY),
        Line(prices["item_storage"], writes * item / _GB),
        Line(prices["logs"], *(count * known.log_per_request / _GB for count in (writes + received, pages))),
        Line(prices["traces"], writes * known.traced, pages * known.traced),
    )
    return Bill(traffic, lines)
