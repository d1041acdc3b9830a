"""What a month costs, calculated by hand and compared: a million records of 500 bytes, unless a test says otherwise."""

from dataclasses import replace
from math import exp
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_api.pricing import amazon, google
from data_api.pricing.bill import MONTH, Amounts, Bill, Line, Traffic
from data_api.pricing.figures import Measured, figures
from data_api.pricing.prices import Price, price_list

MILLION = 1_000_000
GIB = 2**30
# Figures that are easy to calculate with: 1 ms, 2 ms and 6 ms of CPU, and ten POSTs share a publish.
ROUND = Measured(accept_ms=1, publishes=0.1, store_ms=2, read_ms=6, page_size=50, machine="none")
DENSE = Traffic(writes=MILLION, reads=MILLION, page_size=50, hours=0)


COUNTS: dict[str, st.SearchStrategy[int]] = {
    "writes": st.integers(0, 10**10),
    "reads": st.integers(0, 10**10),
    "record_bytes": st.integers(2, 2**18),
    "hours": st.integers(0, MONTH),
    "min_instances": st.integers(0, 10),
    "deletes": st.integers(0, 10**10),
    "tabs": st.integers(0, 10**6),
}


def costs(bill: Bill, price: str, cloud: str = "google") -> Amounts:
    (line,) = (line for line in bill.lines if line.price == price_list(cloud)[price])
    return bill.amounts(line)


def test_google_cloud_costs_each_price_times_its_quantity() -> None:
    bill = google.bill(DENSE, ROUND)
    pages = 20_000  # 1,000,000 records / 50
    by_hand = {
        "gateway_calls": (MILLION + pages) * 3.00 / MILLION,
        "function_requests": (MILLION + MILLION + pages) * 0.40 / MILLION,  # generate, persist, present
        # 1 ms and 2 ms a million times, 6 ms for 20,000 pages; an instance works 60 % of the time it is billed
        "cpu": (1_000 + 2_000 + 120) / 0.6 * 0.000024,
        "memory": (1_000 + 2_000 + 120) / 0.6 * 0.5 * 0.0000025,
        "idle_cpu": 0,
        # published ten at a time, 761 bytes each; pushed one by one, each billed as 1,000
        "messages": (MILLION * 761 + MILLION * 1_000) / GIB * 40.00 / 1_024,
        "document_writes": MILLION * 0.09 / 100_000,
        "document_reads": (MILLION + pages) * 0.03 / 100_000,  # each page looks for one more
        "document_storage": MILLION * (500 + 856) / GIB * 0.15,
        "logs": (MILLION * 5 + pages * 2) * 1_500 / GIB * 0.50,
        "forwarding_rules": 0,
        "audit_logs": 0,
        "scheduled_jobs": 0,
    }
    assert by_hand == pytest.approx({price: costs(bill, price).total for price in by_hand})
    assert sum(by_hand.values()) == pytest.approx(bill.total().total)
    assert len(bill.lines) == len(by_hand) == len(price_list("google").prices)


def test_an_own_domain_adds_its_load_balancer_whatever_the_traffic_is() -> None:
    none = Traffic(writes=0, reads=0, domain=True)
    assert 18.25 == pytest.approx(google.bill(none).total().total)  # 730 hours for all four forwarding rules
    with_domain, without = (google.bill(replace(DENSE, domain=domain)).total() for domain in (True, False))
    assert 18.25 == pytest.approx(with_domain.total - without.total)
    assert (with_domain.written, with_domain.read) == (without.written, without.read)


def test_a_deletion_costs_its_calls_reads_and_write_and_the_place_that_it_keeps() -> None:
    bill = google.bill(Traffic(writes=0, reads=0, hours=0, deletes=MILLION), ROUND)
    by_hand = {
        "gateway_calls": 3.00,
        "function_requests": 0.40,
        "cpu": 6_000 / 0.6 * 0.000024,  # 6 ms, as a page
        "memory": 6_000 / 0.6 * 0.5 * 0.0000025,
        "document_writes": MILLION * 0.09 / 100_000,
        "document_reads": MILLION * 2 * 0.03 / 100_000,  # the record, and its dead letters
        "document_storage": MILLION * 413 / GIB * 0.15,
        "logs": MILLION * 3 * 1_500 / GIB * 0.50,
    }
    assert by_hand == pytest.approx({price: costs(bill, price).total for price in by_hand})
    assert sum(by_hand.values()) == pytest.approx(bill.total().total)
    assert (None, None) == bill.per_million(bill.total())


@pytest.mark.parametrize(("tabs", "instances"), [(1, 1), (48, 1), (49, 2), (1_000, 21)])
def test_a_tab_costs_a_call_every_ten_seconds_and_instances_that_many_tabs_share(tabs: int, instances: int) -> None:
    bill = google.bill(Traffic(writes=0, reads=0, tabs=tabs), ROUND)
    calls, seconds = tabs * 730 * 360, instances * 730 * 3_600
    by_hand = {
        "gateway_calls": calls * 3.00 / MILLION,
        "function_requests": calls * 0.40 / MILLION,
        "cpu": seconds * 0.000024,
        "memory": seconds * 0.5 * 0.0000025,
        "document_reads": calls * 3 * 0.03 / 100_000,
        "logs": calls * 2 * 1_500 / GIB * 0.50,
    }
    assert by_hand == pytest.approx({price: costs(bill, price).total for price in by_hand})
    assert sum(by_hand.values()) == pytest.approx(bill.total().total)


def test_the_synthetic_caller_adds_its_calls_whatever_the_traffic_is() -> None:
    none = Traffic(writes=0, reads=0, synthetic_caller=True)
    runs = 730 * 12  # every five minutes
    by_hand = {
        "gateway_calls": runs * 3 * 3.00 / MILLION,
        "function_requests": runs * 5 * 0.40 / MILLION,
        "cpu": runs * 3 * 0.000024,
        "memory": runs * 3 * 0.5 * 0.0000025,
        "messages": runs * 2_000 / GIB * 40.00 / 1_024,
        "document_writes": runs * 2 * 0.09 / 100_000,
        "document_reads": runs * 2 * 0.03 / 100_000,
        "logs": runs * 14 * 1_500 / GIB * 0.50,
        "scheduled_jobs": 0.10,
    }
    bill = google.bill(none)
    assert by_hand == pytest.approx({price: costs(bill, price).total for price in by_hand})
    assert sum(by_hand.values()) == pytest.approx(bill.total().total)
    with_caller, without = (google.bill(replace(DENSE, synthetic_caller=is_on)).total() for is_on in (True, False))
    assert bill.total().total == pytest.approx(with_caller.total - without.total)
    assert (with_caller.written, with_caller.read) == (without.written, without.read)


def test_audit_logs_have_an_entry_for_each_publish_write_and_page() -> None:
    bill = google.bill(replace(DENSE, audit_reads=True), ROUND)
    written, read = (MILLION * 0.1 + MILLION) * 2_000 / GIB * 0.50, 20_000 * 2_000 / GIB * 0.50
    amounts = costs(bill, "audit_logs")
    assert (written, read) == pytest.approx((amounts.written, amounts.read))
    assert written + read == pytest.approx(bill.total().total - google.bill(DENSE, ROUND).total().total)


def test_all_logs_share_one_free_tier() -> None:
    """50 GiB: 100 million records written one by one are some 900 GiB."""
    traffic = Traffic(writes=100 * MILLION, reads=0, audit_reads=True)
    full, free = (google.bill(traffic, free_tier=is_free).part("logs").total for is_free in (False, True))
    assert 25.00 == pytest.approx(full - free)


def test_amazon_costs_each_price_times_its_quantity() -> None:
    bill = amazon.bill(DENSE)
    pages = 20_000
    by_hand = {
        "gateway_calls": (MILLION + pages) * 3.50 / MILLION,
        "function_requests": (MILLION + 100_000 + pages) * 0.20 / MILLION,  # ten messages are received at once
        "function_time": (MILLION * 0.060 + pages * 0.040) * 0.5 * 0.0000166667,
        "queue_requests": (MILLION + 100_000 + 100_000) * 0.40 / MILLION,  # sent, received, deleted
        "item_writes": MILLION * 0.625 / MILLION,  # 550 bytes are one unit of 1,024
        "item_reads": pages * 7 / 2 * 0.125 / MILLION,  # 50 x 550 bytes are 7 units of 4,096, at half the price
        "item_storage": MILLION * 550 / 10**9 * 0.25,
        "logs": (MILLION + 100_000 + pages) * 500 / 10**9 * 0.50,
        "traces": (MILLION + pages) * 0.05 * 5.00 / MILLION,
    }
    assert by_hand == pytest.approx({price: costs(bill, price, "amazon").total for price in by_hand})
    assert len(bill.lines) == len(by_hand) == len(price_list("amazon").prices)


@pytest.mark.parametrize(
    ("record_bytes", "batch", "hours", "billed"),
    [
        (500, 1, 730, 1_000 + 1_000),  # alone, both the publish and the push are billed as 1,000
        (500, 1, 0, 761 + 1_000),  # ten in a publish: 7,610 bytes are more than 1,000
        (2, 1, 0, 263 + 1_000),
        (739, 1, 730, 1_000 + 1_000),  # 739 + 261 are exactly the minimum
        (740, 1, 730, 1_001 + 1_001),
        (2, 2, 730, 1_000 / 2 + 1_000),  # two of 263 in one publish are still below it
        (500, 2, 730, 761 + 1_000),
    ],
)
def test_pubsub_bills_at_least_a_thousand_bytes_for_a_publish_and_for_a_push(
    record_bytes: int, batch: int, hours: int, billed: float
) -> None:
    traffic = Traffic(1_000, 0, record_bytes=record_bytes, batch=batch, hours=hours)
    assert 1_000 * billed == google.message_bytes(traffic, replace(figures(), measured=ROUND))


def test_a_batch_saves_calls_and_log_lines_but_no_pushes() -> None:
    bill = google.bill(replace(DENSE, batch=100), ROUND)
    assert 10_000 * 3.00 / MILLION == pytest.approx(costs(bill, "gateway_calls").written)
    assert (10_000 + MILLION) * 0.40 / MILLION == pytest.approx(costs(bill, "function_requests").written)
    assert (10_000 * 3 + MILLION * 2) * 1_500 / GIB * 0.50 == pytest.approx(costs(bill, "logs").written)


def test_a_request_alone_is_billed_as_100_ms_and_overlapping_requests_once() -> None:
    instance = figures().instance
    assert 0.1 == pytest.approx(google.billed_seconds(1, 0.001, MONTH, instance))
    # 36,000 in an hour are ten per second, one per 100 ms: exp(-1) of these intervals have none
    assert 3_600 * (1 - exp(-1)) == pytest.approx(google.billed_seconds(36_000, 36, 1, instance))
    # one instance is busy all the time; only 2,400 seconds of work fill 4,000 of its seconds
    assert 3_600 == pytest.approx(google.billed_seconds(10**6, 2_000, 1, instance))
    assert 4_000 == pytest.approx(google.billed_seconds(10**6, 2_400, 1, instance))


def test_a_minimum_instance_is_billed_as_idle_while_it_is_not_busy() -> None:
    bill = google.bill(Traffic(0, 0, min_instances=2), ROUND)
    seconds = 3 * 2 * 730 * 3_600
    assert seconds * 0.0000025 == pytest.approx(costs(bill, "idle_cpu").total)
    assert seconds * 0.5 * 0.0000025 == pytest.approx(costs(bill, "memory").total)
    assert costs(bill, "cpu").total == 0
    assert (None, None) == bill.per_million(bill.total())
    busy = google.bill(Traffic(36_000, 0, min_instances=2, hours=1), ROUND)
    used = 2 * 3_600 * (1 - exp(-1))  # generate and persist, as above
    assert (seconds - used) * 0.0000025 == pytest.approx(costs(busy, "idle_cpu").total)


def test_the_free_tier_subtracts_what_is_free_and_never_more() -> None:
    logs = Price("logs", "Logs", "GiB", usd=4.0, per=8, label="per eight", free=25, source="", checked="")
    lines = (Line(logs, written=60, read=40), Line(replace(logs, unit="TiB", free=30), written=20))
    charged, free = Bill(DENSE, lines), Bill(DENSE, lines, free_tier=True)
    assert [Amounts(50, 30, 20), Amounts(10, 10, 0)] == [charged.amounts(line) for line in lines]
    assert [Amounts(37.5, 22.5, 15), Amounts(0, 0, 0)] == [free.amounts(line) for line in lines]  # 75 of 100 are billed


def test_the_free_tier_of_cpu_counts_for_idle_instances_as_well() -> None:
    bill = google.bill(Traffic(0, 0, min_instances=1), free_tier=True)
    seconds = 3 * 730 * 3_600
    assert seconds * 0.0000025 - 180_000 * 0.000024 == pytest.approx(costs(bill, "idle_cpu").total)
    assert (seconds * 0.5 - 360_000) * 0.0000025 == pytest.approx(costs(bill, "memory").total)


@given(
    pairs=st.fixed_dictionaries({name: st.tuples(counts, counts) for name, counts in COUNTS.items()}),
    name=st.sampled_from(sorted(COUNTS)),
    free_tier=st.booleans(),
)
@settings(max_examples=15, deadline=None)
def test_more_of_anything_never_costs_less(*, pairs: dict[str, tuple[int, int]], name: str, free_tier: bool) -> None:
    counts: dict[str, Any] = {other: first for other, (first, _) in pairs.items()}
    less, more = (
        google.bill(Traffic(**{**counts, name: count}), free_tier=free_tier).total().total
        for count in sorted(pairs[name])
    )
    assert less <= more * (1 + 1e-9)  # floating-point sums differ a little
