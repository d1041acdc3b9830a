"""What `data-api trace ID --stack` shows: log lines and spans come from Google's own forms."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.servers.cloud_logging import LIST, PROJECT, entry, stamp
from tests.support.servers.deployed_stack import DeployedStack
from tests.support.servers.google_server import refusal, service_disabled

ID, UNKNOWN, TRACE = "a" * 32, "f" * 32, "1" * 32
SPANS = ("GET", f"cloudtrace/v1/projects/{PROJECT}/traces/{TRACE}")
SECOND = timedelta(seconds=1)
START = datetime.now(UTC).replace(microsecond=0) - timedelta(days=10)

Json = Any


def span(number: int, parent: int, name: str, after: float, lasts: float, **labels: str) -> Json:
    """A span in the form of version 1; times in seconds."""
    kind = labels.pop("kind", "SPAN_KIND_UNSPECIFIED")
    start = START + after * SECOND
    return {
        "spanId": str(number),
        **({"parentSpanId": str(parent)} if parent else {}),
        "kind": kind,
        "name": name,
        "startTime": stamp(start).replace("Z", "123Z"),
        "endTime": stamp(start + lasts * SECOND),
        "labels": {name.replace("__", "."): value for name, value in labels.items()},
    }


def sampled(prod: DeployedStack) -> None:
    generate, persist = {"service__name": "data-api-prod-generate"}, {"service__name": "data-api-prod-persist"}
    processed = {"messaging__operation__type": "process", "messaging__message__id": "7"}
    spans = [
        span(2**63, 0, "POST /data", 0, 0.2, kind="RPC_SERVER", **generate, **{"/http/status_code": "202"}),
        span(3, 2**63, "send records", 0.01, 0.08, messaging__operation__type="send", **generate),
        span(4, 3, "process", 0.3, 0.2, **processed, **persist),
        span(5, 4, "BatchWrite records", 0.31, 0.1, kind="RPC_CLIENT", **persist, **{"/error/name": "Unavailable"}),
    ]
    prod.google.answers[SPANS] = {"projectId": PROJECT, "traceId": TRACE, "spans": spans}


@pytest.fixture
def stored(prod: DeployedStack) -> DeployedStack:
    prod.logging.add(
        entry("generate", "accepted", START + 0.1 * SECOND, id=ID, records=1.0, groupSize=1.0),
        entry("persist", "stored", START + 0.45 * SECOND, id=ID, messageId="7", attempt=1.0, groupSize=3.0),
    )
    return prod


def test_a_record_is_found_in_the_logs_and_its_trace_is_drawn(stored: DeployedStack) -> None:
    sampled(stored)
    result = stored.run_in_a_terminal("trace", ID, "--stack", "prod")
    assert (0, "") == (result.exit_code, result.stderr)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", result.stdout).splitlines()
    assert f"{ID} stored after 450.0 ms" == lines[0]
    rows = [line.split()[4:] for line in lines[3:8]]
    assert [
        ["received", "generate", "POST", "/data"],
        ["published", "generate"],
        ["accepted", "generate"],
        ["delivered", "persist"],
        ["stored", "persist", "attempt", "1,", "with", "2", "others"],
    ] == rows
    assert f"{START.astimezone():%Y-%m-%d %H:%M:%S}.000" == " ".join(lines[3].split()[:2])
    assert f"trace {TRACE}  500.0 ms" == lines[9]
    assert ["POST /data", "  send records", "    process", "      BatchWrite records"] == [
        line[12:38].rstrip() for line in lines[10:]
    ]
    assert lines[10].endswith("+0.0 ms   200.0 ms  202")
    assert lines[13].endswith("Unavailable")


def test_in_a_pipe_the_steps_are_lines_with_tabs_and_without_colour(stored: DeployedStack) -> None:
    result = stored.run("trace", ID, "--stack", "prod")
    assert ["accepted", "stored"] == [line.split("\t")[2] for line in result.stdout.splitlines()]
    assert "\x1b" not in result.stdout


def test_json_has_steps_and_spans_with_ids_as_log_lines_have_them(stored: DeployedStack) -> None:
    sampled(stored)
    report = json.loads(stored.run("trace", ID, "--stack", "prod", "--json").stdout)
    assert ("stored", [TRACE]) == (report["outcome"], report["traces"])
    post, _, process, write = report["spans"]
    assert ("8000000000000000", "", "server", False) == tuple(
        post[name] for name in ("span_id", "parent_id", "kind", "failed")
    )
    assert ("consumer", "persist") == (process["kind"], process["part"])
    assert "7" == process["attributes"]["messaging.message.id"]
    assert ("client", True) == (write["kind"], write["failed"])
    assert 123 == post["start"] % 1_000


def test_the_id_of_a_trace_is_taken_too_also_without_log_lines(prod: DeployedStack) -> None:
    sampled(prod)
    report = json.loads(prod.run("trace", TRACE, "--stack", "prod", "--json").stdout)
    assert ["received", "published", "delivered"] == [step["event"] for step in report["steps"]]


def test_a_trace_that_was_not_sampled_is_said_and_the_log_lines_are_shown(stored: DeployedStack) -> None:
    result = stored.run("trace", ID, "--stack", "prod")
    assert 0 == result.exit_code
    assert ["accepted", "stored"] == [line.split("\t")[2] for line in result.stdout.splitlines()]
    assert (
        "No trace of it was sampled: the setting tracePercent is the share of requests that are. "
        "The steps are from the log lines.\n"
    ) == result.stderr


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (service_disabled("cloudtrace.googleapis.com"), "Cloud Trace is off in the project: the setting tracePercent"),
        (refusal(403, "PERMISSION_DENIED", "No cloudtrace.traces.get."), "cannot be read: cloudtrace.googleapis.com"),
    ],
    ids=["off", "denied"],
)
def test_a_trace_that_cannot_be_read_is_said_with_the_reason(stored: DeployedStack, answer: Json, reason: str) -> None:
    stored.google.answers[SPANS] = answer
    result = stored.run("trace", ID, "--stack", "prod")
    assert (0, 2) == (result.exit_code, len(result.stdout.splitlines()))
    assert reason in result.stderr


def test_a_dead_letter_is_shown_with_all_attempts_and_its_reason(prod: DeployedStack) -> None:
    prod.logging.add(
        entry("generate", "accepted", START, id=ID, records=1),
        entry("persist", "rejected", START + SECOND, severity="ERROR", messageId="7", attempt=1, reason="too deep"),
        entry("dead-letter", "dead_lettered", START + 2 * SECOND, id=ID, messageId="9", attempts=5, reason="too deep"),
    )
    steps = [line.split("\t")[2:] for line in prod.run("trace", ID, "--stack", "prod").stdout.splitlines()]
    assert [
        ["accepted", "generate", ""],
        ["rejected", "persist", "attempt 1, too deep"],
        ["dead-lettered", "dead-letter", "after 5 attempts, too deep"],
    ] == steps


def test_what_is_logged_cannot_steer_the_terminal(prod: DeployedStack) -> None:
    prod.logging.add(entry("persist", "rejected", START, id=ID, messageId="7", reason="\x1b]0;owned\x07"))
    hostile = span(1, 0, "\x1b[2J", 0, 1, kind="RPC_SERVER", service__name="\x1b[2J", error__type="\x07")
    prod.google.answers[SPANS] = {"spans": [hostile]}
    assert not {"\x1b", "\x07"} & set(prod.run("trace", ID, "--stack", "prod").stdout)
    drawn = prod.run_in_a_terminal("trace", ID, "--stack", "prod").stdout
    assert ("\x1b[2J" in drawn, "\x07" in drawn) == (False, False)


def test_an_id_of_which_nothing_is_known_is_one_sentence(prod: DeployedStack) -> None:
    result = prod.run("trace", UNKNOWN, "--stack", "prod")
    assert (5, "") == (result.exit_code, result.stdout)
    assert result.stderr.startswith(f"Error: Nothing is known about {UNKNOWN} in the stack prod: check the id")


def test_logs_that_cannot_be_read_are_one_sentence(prod: DeployedStack) -> None:
    prod.google.answers[LIST] = refusal(403, "PERMISSION_DENIED", "Permission denied.")
    result = prod.run("trace", ID, "--stack", "prod")
    assert (4, "Error: logging.googleapis.com rejected the request: Permission denied.\n") == (
        result.exit_code,
        result.stderr,
    )


def test_a_stack_deployed_by_an_older_version_is_told_to_be_deployed_again(prod: DeployedStack) -> None:
    (prod.dependencies.root / "pulumi").write_text('#!/bin/sh\necho \'{"project": "a-project"}\'\n')
    result = prod.run("trace", ID, "--stack", "prod")
    assert result.stderr.startswith("Error: The stack prod has no output region and url and gateway and ")
    assert result.stderr.endswith("`pulumi up --stack prod` creates it.\n")
