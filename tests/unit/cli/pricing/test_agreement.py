"""The prices and figures in the command, the benchmark's table and docs/cost.md agree."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from click.testing import CliRunner, Result

from bench.report import money
from data_api.pricing import amazon, google, show
from data_api.pricing.bill import MILLION, MONTH, Traffic
from data_api.pricing.commands import cost
from data_api.pricing.figures import figures
from data_api.pricing.prices import price_list
from dataapi.auth import identity
from dataapi.records import record
from dataapi.trace_context import Trace

ROOT = Path(__file__).parents[4]
RESULTS = ROOT / "bench" / "results" / "results.json"
PAGE = (ROOT / "docs" / "cost.md").read_text(encoding="utf-8")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cost, arguments)


def output(*arguments: str) -> Any:  # noqa: ANN401 - JSON
    return json.loads(run("--json", *arguments).stdout)


def results(cpu_ms: float, rpcs: float) -> dict[str, Any]:
    used = figures().measured
    ours = {
        "accept": {"cpu_ms": used.accept_ms, "rpcs": used.publishes},
        "store": {"cpu_ms": used.store_ms, "rpcs": 0.2},
        "read": {"cpu_ms": used.read_ms, "rpcs": 1.0},
    }
    return {name: {"ours": step, "common": {"cpu_ms": cpu_ms, "rpcs": rpcs}} for name, step in ours.items()}


@pytest.mark.parametrize("cloud", ["google", "amazon"])
def test_every_price_has_a_source_and_its_date(cloud: str) -> None:
    for price in price_list(cloud).prices.values():
        assert "https" == urlsplit(price.source).scheme
        assert re.fullmatch(r"20\d\d-[01]\d(-[0-3]\d)?", price.checked)
        assert price.usd > 0 < price.per


def test_the_command_and_the_benchmarks_table_agree() -> None:
    cost_dense, cost_spread = output("--hours", "0"), output("--hours", "730")
    rows = {row.part: row for row in money.rows(results(cpu_ms=3.0, rpcs=1.0))}
    assert cost_dense["total"] == pytest.approx(rows["together"].ours)
    assert {"writes": MILLION, "reads": MILLION, "pageSize": 50} == {
        name: cost_dense["traffic"][name] for name in ("writes", "reads", "pageSize")
    }
    assert cost_dense["perMillionWritten"] == pytest.approx(rows["a million written"].ours)
    assert cost_dense["perMillionRead"] == pytest.approx(rows["a million read"].ours)
    assert cost_spread["total"] == pytest.approx(rows["together, spread over a month"].ours)
    parts = ("gateway", "functions", "queue", "database", "logs", "tracing")
    for implementation in ("ours", "common", "amazon"):
        assert getattr(rows["together"], implementation) == pytest.approx(
            sum(getattr(rows[part], implementation) for part in parts)
        )
    # (1,000,000 x 3 ms twice, 20,000 x 3 ms) / 60 %, a vCPU and half a GiB; and 2,020,000 requests
    assert 6_060 / 0.6 * (0.000024 + 0.5 * 0.0000025) + 0.808 == pytest.approx(rows["functions"].common)
    assert amazon.bill(money.DENSE).total().total == pytest.approx(rows["together"].amazon)


def test_a_measurement_disagrees_if_it_differs_by_more_than_a_factor_of_two() -> None:
    measured = results(cpu_ms=3.0, rpcs=1.0)
    assert [] == list(money.disagreements(measured))
    measured["store"]["ours"]["cpu_ms"] *= 2
    assert [] == list(money.disagreements(measured))
    measured["store"]["ours"]["cpu_ms"] *= 1.01
    (message,) = money.disagreements(measured)
    assert message.startswith("store_ms is 0.14 in figures.toml but was measured as 0.28")


@pytest.mark.skipif(not RESULTS.is_file(), reason="there are no measurements yet: `make bench`")
def test_the_command_uses_what_the_benchmark_measured() -> None:
    assert [] == list(money.disagreements(json.loads(RESULTS.read_text(encoding="utf-8"))))


def test_the_sizes_of_a_message_and_a_document_follow_from_the_functions_code() -> None:
    claims = {"iss": "https://accounts.google.com", "sub": "1" * 21, "exp": 1}
    user = identity.user_id(claims)
    receipt = record.receipt("0" * 32, datetime(2026, 11, 24, 0, 0, 0, 1, tzinfo=UTC))
    envelope = record.message(receipt, user, b"")
    attributes = {"schemaVersion": record.SCHEMA_VERSION, "traceparent": Trace("0" * 32, "0" * 16, True).traceparent()}  # noqa: FBT003 - sampled
    attribute_bytes = sum(len(name) + len(value) for name, value in attributes.items())
    assert figures().sizes.message == len(envelope) + attribute_bytes + 20 + 17
    # https://cloud.google.com/firestore/docs/storage-size: a string is its bytes and one, a time 8, a name 16 more
    parent = (5 + 1) + (len(user) + 1) + 16
    name = parent + (7 + 1) + (32 + 1)
    sizes = {field: len(field) + 1 + 8 for field in ("createdAt", "changedAt", "retainedFrom", "deletedAt")}
    entry = name + parent + sizes["createdAt"] + 32  # of either index: both names are as long
    record_fields = sizes["createdAt"] + sizes["changedAt"] + sizes["retainedFrom"] + len("data") + 1
    assert figures().sizes.document == name + record_fields + 32 + 3 * entry
    tombstone_fields = sizes["changedAt"] + sizes["deletedAt"] + sizes["retainedFrom"]
    assert figures().sizes.tombstone == name + tombstone_fields + 32 + entry


def test_a_tab_waits_as_the_page_does_and_shares_an_instance_as_the_stack_allows() -> None:
    feed = (ROOT / "web" / "app" / "records" / "feed.js").read_text(encoding="utf-8")
    assert [str(figures().waiting.seconds)] == re.findall(r"^const WAIT = (\d+);", feed, re.MULTILINE)
    concurrency = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["config"]["concurrency"]["default"]
    assert figures().waiting.clients == concurrency * figures().instance.cpu_target
    assert figures().waiting.clients <= concurrency * 3 // 4  # of which more may wait: infra/__main__.py


def test_an_instance_has_the_default_size_of_the_stack() -> None:
    defaults = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["config"]
    assert figures().instance.cpus == defaults["cpu"]["default"]
    assert figures().instance.memory_gib * 1_024 == defaults["memory"]["default"]


def test_a_pipe_gets_a_line_for_each_quantity_and_the_total_last() -> None:
    result = run("--writes", "2000000", "--reads", "0", "--hours", "0")
    lines = [line.split("\t") for line in result.stdout.splitlines()]
    assert ["what", "quantity", "price", "USD", "per 1M written", "per 1M read"] == lines[0]
    assert ["API Gateway calls", "2,000,000", "3.00 per million", "6.00", "3.00", "-"] == lines[1]
    assert ["Cloud Run GiB-seconds", "450", "0.0000025 each", "<0.01", "<0.01", "-"] == lines[4]
    assert ("total", "") == (lines[-1][0], lines[-1][1])
    assert "Firestore reads" not in result.stdout  # its quantity is 0
    assert "List prices in USD, us-central1, without the free tier" in result.stderr


def test_the_table_fits_a_terminal_of_80_columns() -> None:
    terminal = {"FORCE_COLOR": "1", "COLUMNS": "80", "NO_COLOR": "1", "TERM": "xterm"}
    table = CliRunner().invoke(cost, ["--min-instances", "1"], env=terminal).stdout
    lines = [re.sub(r"\x1b\[\d*m", "", line) for line in table.splitlines()]
    assert 2 + 10 + 1 == len(lines)  # the header in two lines, the quantities, the total: no line is wrapped or cut
    assert all(len(line) <= 80 and "…" not in line for line in lines)
    assert lines[-1].split() == ["total", "42.68", "13.41", "0.45"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--writes", "-1"), "-1 is not in the range"),
        (("--page-size", "501"), "501 is not in the range"),
        (("--hours", "731"), "731 is not in the range"),
        (("--writes", "many"), "'many' is not a valid integer range"),
        (
            ("--batch", "1000", "--record-bytes", "10000"),
            "A batch has at most 8 MiB, and 1,000 records of 10,000 bytes are more: give --batch 838 or less.",
        ),
    ],
)
def test_impossible_traffic_is_rejected_with_one_sentence(arguments: tuple[str, ...], sentence: str) -> None:
    result = run(*arguments)
    assert (2, "") == (result.exit_code, result.stdout)
    assert sentence in result.stderr


def test_the_suggested_batch_is_the_largest_that_fits() -> None:
    assert [0, 2] == [run("--batch", str(size), "--record-bytes", "10000").exit_code for size in (838, 839)]


def test_the_page_on_cost_has_the_commands_amounts() -> None:
    bills = (google.bill(money.DENSE), google.bill(money.SPREAD), amazon.bill(money.DENSE))
    parts = ("gateway", "functions", "queue", "database", "logs", "tracing")
    for part in parts:
        assert table_line(part, *(bill.part(part).total for bill in bills)) in PAGE
    assert table_line("together", *(bill.total().total for bill in bills)) in PAGE
    log_entries = MILLION * figures().sizes.log_entry / 2**30 * price_list("google")["logs"].usd
    assert f"{show.money(log_entries)} a million" in PAGE
    cpu = next(line for line in bills[0].lines if line.price == price_list("google")["cpu"])
    assert f"only {show.money(bills[0].amounts(cpu).total)} of the first column" in PAGE


@pytest.mark.parametrize(
    "options",
    [
        *("--hours 10", "--batch 100", "--hours 10 --batch 100", "--page-size 1", "--min-instances 1", "--domain"),
        *("--synthetic-caller", "--audit-reads", "--free-tier", "--deletes 1000000", "--tabs 1", "--tabs 1000"),
    ],
)
def test_the_page_on_cost_has_what_each_option_changes(options: str) -> None:
    assert table_line(f"`{options}`", output(*options.split())["total"]) in PAGE


def test_the_page_on_cost_has_what_a_tab_and_a_thousand_cost_a_day() -> None:
    days = {tabs: google.bill(Traffic(writes=0, reads=0, tabs=tabs)).total().total * 24 / MONTH for tabs in (1, 1_000)}
    instance = figures().instance
    prices = price_list("google")
    second = instance.cpus * prices["cpu"].usd_per_unit + instance.memory_gib * prices["memory"].usd_per_unit
    page = " ".join(PAGE.split())
    assert f"once for all that wait in it: {86_400 * second:.2f} a day" in page
    assert f"{86_400 // figures().waiting.seconds:,} calls a day" in page
    assert f"which with their log entries cost {days[1] - 86_400 * second:.2f}" in page
    assert f"visible all day costs {days[1]:.2f} with the instance" in page
    assert f"with {figures().waiting.clients} each and cost {days[1_000]:.0f} a day" in page


def table_line(name: str, *amounts: float) -> str:
    return f"| {' | '.join((name, *map(show.money, amounts)))} |"
