"""What `data-api status --stack` shows: Google's services are answered in their own forms."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import httpx
import pytest

from tests.support.servers.cloud_logging import LIST, PREFIX, PROJECT, entry, stamp, text
from tests.support.servers.deployed_stack import FUNCTIONS, OUTPUTS, REGION, DeployedStack
from tests.support.servers.google_server import Call, not_found, refusal, service_disabled

NOW = datetime.now(UTC).replace(microsecond=0)
MINUTE = timedelta(minutes=1)
PLACE = f"projects/{PROJECT}/locations/{REGION}"
GATEWAY = ("GET", f"apigateway/v1/{PLACE}/gateways/{PREFIX}")
SERIES = ("GET", f"monitoring/v3/projects/{PROJECT}/timeSeries")
ALERTS = ("GET", f"monitoring/v3/projects/{PROJECT}/alerts")
DOCUMENTS = f"projects/{PROJECT}/databases/{PREFIX}/documents"
DEAD_LETTERS = ("POST", f"firestore/v1/{DOCUMENTS}:runQuery")
UPDATED = "2026-01-31T12:00:00.123456789Z"
DENIED = refusal(403, "PERMISSION_DENIED", "Permission denied on resource.")
HOSTILE = "\x1b]0;owned\x07\r\u202e"

Json = Any


def function(name: str) -> tuple[str, str]:
    return "GET", f"cloudfunctions/v2/{PLACE}/functions/{PREFIX}-{name}"


def measured(prod: DeployedStack, counts: Sequence[int], ages: Sequence[int] = (0,)) -> None:
    """What Cloud Monitoring has of the subscription, a sample a minute, the oldest first."""

    def answer(call: Call) -> Json:
        (filter_,) = call.parameters["filter"]
        assert f'resource.labels.subscription_id="{OUTPUTS["subscription"]}"' in filter_
        values = counts if "num_undelivered_messages" in filter_ else ages
        points = [
            {"interval": {"endTime": stamp(NOW - age * MINUTE)}, "value": {"int64Value": str(value)}}
            for age, value in enumerate(reversed(values))
        ]
        return {"timeSeries": [{"metric": {}, "points": points}]} if points else {}

    prod.google.answers[SERIES] = answer


def dead_letters(prod: DeployedStack, *, replayed: int = 0, waiting: int = 0) -> None:
    """Firestore ends with the time of reading, also where it has no document."""
    values = [{"timestampValue": UPDATED}] * replayed + [{"nullValue": None}] * waiting
    documents = [
        {"document": {"name": f"{DOCUMENTS}/deadLetters/{number}", "fields": {"replayedAt": value}}}
        for number, value in enumerate(values)
    ]
    prod.google.answers[DEAD_LETTERS] = [*documents, {"readTime": UPDATED}]


def alert(title: str, severity: str = "ERROR", *, state: str = "OPEN", prefix: str = PREFIX) -> Json:
    policy = {"name": "projects/1/alertPolicies/2", "displayName": f"{prefix}: {title}", "severity": severity}
    return {
        "name": f"projects/{PROJECT}/alerts/0.abc",
        "state": state,
        "openTime": UPDATED,
        "policy": {**policy, "userLabels": {"stack": prefix}},
    }


@pytest.fixture
def well(prod: DeployedStack) -> DeployedStack:
    """A stack in which nothing needs attention."""
    for name in FUNCTIONS:
        revision = {"revision": f"{PREFIX}-{name}-00003-abc", "service": f"{PLACE}/services/{PREFIX}-{name}"}
        prod.google.answers[function(name)] = {"state": "ACTIVE", "updateTime": UPDATED, "serviceConfig": revision}
    prod.google.answers[GATEWAY] = {
        "state": "ACTIVE",
        "apiConfig": f"projects/1/locations/global/apis/{PREFIX}/configs/{PREFIX}-20260131",
        "defaultHostname": "data-api-prod-1a2b3c.uc.gateway.dev",
        "updateTime": UPDATED,
    }
    measured(prod, [3, 0, 2, 0])
    dead_letters(prod)
    prod.google.answers[ALERTS] = {}
    return prod


def change(prod: DeployedStack, call: tuple[str, str], state: str) -> None:
    usual: Json = prod.google.answers[call]
    prod.google.answers[call] = {**usual, "state": state}


def rows(prod: DeployedStack, exit_code: int) -> list[list[str]]:
    """The lines of a pipe after the verdict, and their columns."""
    result = prod.run("status", "--stack", "prod")
    assert (exit_code, "") == (result.exit_code, result.stderr), result.output
    return [line.split("\t") for line in result.stdout.splitlines()[1:]]


def report(prod: DeployedStack) -> Json:
    result = prod.run("status", "--stack", "prod", "--json")
    parsed = json.loads(result.stdout)
    assert (0 if parsed["ok"] else 1) == result.exit_code
    return parsed


def without_colour(output: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", output)


def test_a_healthy_stack_is_shown_part_by_part_and_exits_with_0(well: DeployedStack) -> None:
    result = well.run("status", "--stack", "prod")
    assert (0, "") == (result.exit_code, result.stderr)
    title, *lines = result.stdout.splitlines()
    assert f"Data API prod at {OUTPUTS['url']}: healthy" == title
    assert [
        *(f"{name}\tACTIVE\t{PREFIX}-{name}-00003-abc, updated 2026-01-31 12:00:00" for name in FUNCTIONS),
        f"gateway\tACTIVE\t{PREFIX}-20260131, https://data-api-prod-1a2b3c.uc.gateway.dev",
        "backlog\tok\t0 undelivered",
        "dead letters\t0\t",
        "errors\t0\t",
        "alerts\t0 open\t",
    ] == lines


def test_nothing_is_changed(well: DeployedStack) -> None:
    rows(well, 0)
    assert {"GET", "POST"} == {call.method for call in well.google.calls}
    assert {"entries:list", "documents:runQuery"} == {path.rpartition("/")[2] for path in well.google.paths("POST")}


def test_json_has_the_same_by_stable_names(well: DeployedStack) -> None:
    measured(well, [5, 4, 7], [1, 2, 3])
    parsed = report(well)
    functions = parsed.pop("functions")
    assert {*FUNCTIONS} == functions.keys()
    assert {
        "ok": True,
        "state": "ACTIVE",
        "message": f"{PREFIX}-persist-00003-abc, updated 2026-01-31 12:00:00",
        "revision": f"{PREFIX}-persist-00003-abc",
        "updatedAt": UPDATED,
    } == functions["persist"]
    assert {
        "ok": True,
        "stack": "prod",
        "project": PROJECT,
        "url": OUTPUTS["url"],
        "gateway": {
            "ok": True,
            "state": "ACTIVE",
            "message": f"{PREFIX}-20260131, https://data-api-prod-1a2b3c.uc.gateway.dev",
            "configuration": f"{PREFIX}-20260131",
            "url": "https://data-api-prod-1a2b3c.uc.gateway.dev",
            "updatedAt": UPDATED,
        },
        "backlog": {
            "ok": True,
            "state": "ok",
            "message": "7 undelivered, the oldest for 3 s; 5 some 10 minutes before",
            "undeliveredMessages": 7,
            "oldestUnackedMessageAgeSeconds": 3,
            "growing": False,
        },
        "deadLetters": {"ok": True, "state": "0", "message": "", "count": 0},
        "errors": {"ok": True, "state": "0", "message": "", "lines": [], "hasMore": False},
        "alerts": {"ok": True, "state": "0 open", "message": "", "open": []},
    } == parsed


def test_in_a_terminal_there_are_columns_and_colours_and_in_a_pipe_none(well: DeployedStack) -> None:
    change(well, GATEWAY, "FAILED")
    output = well.run_in_a_terminal("status", "--stack", "prod").stdout
    assert "\x1b[1;31mFAILED" in output
    assert "\x1b[32mACTIVE" in output
    lines = without_colour(output).splitlines()
    assert f"generate      ACTIVE  {PREFIX}-generate-00003-abc, updated 2026-01-31 12:00:00" == lines[1]
    assert "\x1b" not in well.run("status", "--stack", "prod").stdout


def test_a_function_that_is_not_active_needs_attention_and_its_reason_is_shown(well: DeployedStack) -> None:
    problem = {"severity": "ERROR", "type": "CloudRunServiceNotFound", "message": "Cloud Run service not found."}
    well.google.answers[function("persist")] = {"state": "FAILED", "stateMessages": [problem]}
    result = rows(well, 1)
    assert ["persist", "FAILED", ""] == result[1]
    assert ["persist", "", "ERROR CloudRunServiceNotFound: Cloud Run service not found."] == result[2]


@pytest.mark.parametrize("resource", [function("present"), GATEWAY], ids=["function", "gateway"])
def test_a_resource_that_does_not_exist_needs_attention(well: DeployedStack, resource: tuple[str, str]) -> None:
    well.google.answers[resource] = not_found(resource[1])
    missing = [columns[1:] for columns in rows(well, 1) if columns[1] == "MISSING"]
    assert [["MISSING", "`pulumi up --stack prod --refresh` creates it"]] == missing


def test_a_stack_that_is_being_updated_is_healthy(well: DeployedStack) -> None:
    change(well, function("persist"), "DEPLOYING")
    change(well, GATEWAY, "UPDATING")
    assert report(well)["ok"]


@pytest.mark.parametrize(
    ("counts", "ages", "expected"),
    [
        ([0, 0], [0, 0], (True, "ok", "0 undelivered")),
        ([900, 1_200, 800], [5, 75], (True, "ok", "800 undelivered, the oldest for 1 min 15 s; 900 some 10 min")),
        ([10, 500, 12_000], [9, 120], (False, "growing", "12,000 undelivered, the oldest for 2 min 00 s; 10 some 10")),
        ([10, 20], [1, 1], (True, "ok", "20 undelivered, the oldest for 1 s; 10 some 10 minutes before")),
        ([1, 1, 1], [840, 900], (False, "late", "1 undelivered, the oldest for 15 min 00 s")),
        ([], [], (None, "unknown", "no data of the last 10 minutes")),
        ([4], [], (True, "ok", "4 undelivered, the oldest for 0 s")),
    ],
)
def test_a_backlog_needs_attention_if_it_grows_or_its_oldest_message_is_late(
    well: DeployedStack, counts: list[int], ages: list[int], expected: tuple[bool | None, str, str]
) -> None:
    measured(well, counts, ages)
    backlog = report(well)["backlog"]
    assert expected[:2] == (backlog["ok"], backlog["state"])
    assert backlog["message"].startswith(expected[2])


def test_the_backlog_of_the_last_ten_minutes_is_asked_for(well: DeployedStack) -> None:
    rows(well, 0)
    intervals = [
        [datetime.fromisoformat(call.parameters[f"interval.{end}Time"][0]) for end in ("start", "end")]
        for call in well.google.calls
        if call.path == SERIES[1]
    ]
    assert [10 * MINUTE] * 2 == [end - start for start, end in intervals]


def test_a_stack_that_was_never_used_is_healthy_and_says_that_nothing_was_measured(well: DeployedStack) -> None:
    well.google.answers[SERIES] = refusal(404, "NOT_FOUND", "Cannot find metric(s) that match type.")
    result = well.run("status", "--stack", "prod")
    assert 0 == result.exit_code
    assert result.stdout.splitlines()[0].endswith(": healthy, 1 unknown")
    assert "backlog\tunknown\tno data of the last 10 minutes" in result.stdout


def test_dead_letters_that_were_not_replayed_are_counted(well: DeployedStack) -> None:
    dead_letters(well, replayed=3, waiting=2)
    assert ["dead letters", "2", "data-api dead-letters list --stack prod"] in rows(well, 1)
    (call,) = [call for call in well.google.calls if call.path == DEAD_LETTERS[1]]
    assert {"fields": [{"fieldPath": "replayedAt"}]} == call.body["structuredQuery"]["select"]


def test_the_last_five_errors_of_the_hour_are_shown_on_a_line_each(well: DeployedStack) -> None:
    well.logging.add(
        entry("persist", "stored", NOW),
        entry("persist", "too old", NOW - 61 * MINUTE, severity="ERROR"),
        *(entry("persist", f"e{n}", NOW - n * MINUTE, severity="ERROR", reason="Unavailable") for n in range(1, 7)),
    )
    summary, *lines = [columns for columns in rows(well, 1) if columns[0] == "errors"]
    assert ["errors", "more than 5", "in the last hour: data-api logs --stack prod --severity ERROR"] == summary
    at = f"{NOW - MINUTE:%Y-%m-%d %H:%M:%S}"
    assert ["errors", "", f"{at} persist ERROR    e1 reason=Unavailable trace=11111111"] == lines[0]
    assert 5 == len(lines)
    assert [f"e{number}" for number in range(1, 6)] == [line["event"] for line in report(well)["errors"]["lines"]]


def test_the_stack_of_a_crash_is_not_among_the_errors(well: DeployedStack) -> None:
    well.logging.add(entry("present", "crashed", NOW, severity="CRITICAL", reason="KeyError", stack=["a.py:1 f"]))
    (line,) = [columns[2] for columns in rows(well, 1) if columns[:2] == ["errors", ""]]
    assert line.endswith("present CRITICAL crashed reason=KeyError trace=11111111")


def test_alerts_that_are_open_are_shown_with_their_runbooks(well: DeployedStack) -> None:
    closed, elsewhere = alert("Server errors", state="CLOSED"), alert("Slow answers", prefix="data-api-dev")
    other = {"state": "OPEN", "policy": {"displayName": "A policy of another program"}}
    pages = {
        "": {"alerts": [closed, elsewhere, alert("Accepting burns fast", "CRITICAL")], "nextPageToken": "more"},
        "more": {"alerts": [other, {"state": "OPEN"}, alert("Dead letters")]},
    }
    well.google.answers[ALERTS] = lambda call: pages[call.parameters.get("pageToken", [""])[0]]
    summary, *lines = [columns for columns in rows(well, 1) if columns[0] == "alerts"]
    assert ["alerts", "2 open", ""] == summary
    assert [
        "CRITICAL Accepting burns fast, since 2026-01-31 12:00:00: docs/operations.md#accepting-burns-fast",
        "ERROR Dead letters, since 2026-01-31 12:00:00: docs/operations.md#dead-letters",
    ] == [columns[2] for columns in lines]
    assert ['state="OPEN"'] == next(call for call in well.google.calls if call.path == ALERTS[1]).parameters["filter"]
    assert {
        "title": "Dead letters",
        "severity": "ERROR",
        "openedAt": UPDATED,
        "runbook": "docs/operations.md#dead-letters",
    } == report(well)["alerts"]["open"][1]


PARTS = [
    ("generate", function("generate"), "cloudfunctions"),
    ("gateway", GATEWAY, "apigateway"),
    ("backlog", SERIES, "monitoring"),
    ("dead letters", DEAD_LETTERS, "firestore"),
    ("errors", LIST, "logging"),
    ("alerts", ALERTS, "monitoring"),
]
CALLS = [*(function(name) for name in FUNCTIONS), *(call for _, call, _ in PARTS[1:])]


@pytest.mark.parametrize(("name", "call", "service"), PARTS, ids=[name for name, *_ in PARTS])
def test_a_part_that_may_not_be_read_is_unknown_with_the_reason_and_the_others_are_shown(
    well: DeployedStack, name: str, call: tuple[str, str], service: str
) -> None:
    well.google.answers[call] = DENIED
    reason = f"{service}.googleapis.com rejected the request: Permission denied on resource."
    result = rows(well, 0)
    assert [name, "unknown", reason] in result
    assert 1 == sum(columns[1] == "unknown" for columns in result)
    parsed = report(well)
    assert {"ok": None, "state": "unknown", "message": reason} in [*parsed["functions"].values(), *parsed.values()]


def test_a_service_that_is_off_is_named_with_the_command_that_turns_it_on(well: DeployedStack) -> None:
    well.google.answers[ALERTS] = service_disabled("monitoring.googleapis.com")
    reason = f"monitoring.googleapis.com is off: gcloud services enable monitoring.googleapis.com --project={PROJECT}"
    assert ["alerts", "unknown", reason] in rows(well, 0)


def test_a_stack_of_which_nothing_can_be_read_is_not_called_healthy(well: DeployedStack) -> None:
    well.google.answers |= dict.fromkeys(CALLS, DENIED)
    result = well.run("status", "--stack", "prod")
    assert (1, True) == (result.exit_code, result.stdout.splitlines()[0].endswith(": unknown"))


def test_a_service_that_does_not_answer_is_unknown_after_some_tries(well: DeployedStack) -> None:
    well.google.answers[GATEWAY] = refusal(503, "UNAVAILABLE", "Try later.")
    assert ["gateway", "unknown", "apigateway.googleapis.com rejected the request: Try later."] in rows(well, 0)
    assert 5 == well.google.paths("GET").count(GATEWAY[1])


def test_a_machine_without_the_network_says_so_for_every_part(
    well: DeployedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object, **__: object) -> httpx.Response:
        raise httpx.ConnectError("Network is unreachable")

    monkeypatch.setattr(httpx.Client, "request", unreachable)
    result = well.run("status", "--stack", "prod")
    assert (1, 11) == (result.exit_code, result.stdout.count("does not answer (Network is unreachable)"))


def test_all_parts_are_asked_for_at_the_same_time(well: DeployedStack) -> None:
    """The first answer about each part waits for the questions about all others."""
    barrier = Barrier(len(CALLS))
    usual = {call: well.google.answers[call] for call in CALLS}
    asked = set()

    def together(call: Call) -> Json:
        key = (call.method, call.path)
        if key not in asked:
            asked.add(key)
            barrier.wait(timeout=30)
        answer = usual[key]
        return answer(call) if callable(answer) else answer

    well.google.answers |= dict.fromkeys(CALLS, together)
    assert 11 == len(rows(well, 0))


def test_no_character_of_an_answer_steers_the_terminal(well: DeployedStack) -> None:
    problem = {"severity": HOSTILE, "type": HOSTILE, "message": HOSTILE}
    revision = {"revision": HOSTILE}
    well.google.answers[function("persist")] = {
        "state": HOSTILE,
        "serviceConfig": revision,
        "stateMessages": [problem],
    }
    well.google.answers[ALERTS] = {"alerts": [alert(HOSTILE, HOSTILE)]}
    well.logging.add(
        entry("persist", HOSTILE, NOW, severity="ERROR", reason=HOSTILE),
        text("persist", HOSTILE, NOW, severity="ERROR"),
    )
    piped = well.run("status", "--stack", "prod").stdout
    drawn = without_colour(well.run_in_a_terminal("status", "--stack", "prod").stdout)
    assert not {"\x1b", "\x07", "\r", "\u202e"} & {*piped, *drawn}


def test_a_stack_that_pulumi_does_not_know_is_one_sentence(prod: DeployedStack) -> None:
    program = prod.dependencies.root / "pulumi"
    program.write_text("#!/bin/sh\necho 'error: no stack named prod found' >&2; exit 1\n")
    result = prod.run("status", "--stack", "prod")
    assert (1, "", []) == (result.exit_code, result.stdout, prod.google.calls)
    assert "Error: `pulumi stack output --json --stack prod` failed: no stack named prod found\n" == result.stderr


def test_help_says_what_needs_attention_and_what_the_exit_codes_mean(prod: DeployedStack) -> None:
    help_ = " ".join(prod.run("status", "--help").stdout.split())
    for sentence in (
        "Needs attention: a function or the gateway",
        "Exits with 0 if nothing needs attention, else with 1",
    ):
        assert sentence in help_
