"""What `data-api logs` shows of a deployment: Cloud Logging is answered in its own form and evaluates the filters."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.servers.cloud_logging import LIST, PROJECT, entry, text
from tests.support.servers.deployed_stack import DeployedStack
from tests.support.servers.google_server import refusal

ID, OTHER, TRACE, BATCH = "a" * 32, "b" * 32, "1" * 32, "2" * 32
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
NOW = datetime.now(UTC).replace(microsecond=0)
START = NOW - 30 * MINUTE

Json = Any


def events(prod: DeployedStack, *arguments: str) -> list[str]:
    result = prod.run("logs", "--stack", "prod", "--json", *arguments)
    assert 0 == result.exit_code, result.stderr
    return [json.loads(line)["event"] for line in result.stdout.splitlines()]


def test_a_line_has_time_function_severity_event_and_fields_and_the_oldest_is_first(prod: DeployedStack) -> None:
    at = START + timedelta(milliseconds=250)
    prod.logging.add(
        entry("persist", "refused", at + SECOND, severity="ERROR", reason="Unavailable", status=503),
        entry("generate", "accepted", at, id=ID, records=1),
    )
    result = prod.run("logs", "--stack", "prod")
    assert (0, "") == (result.exit_code, result.stderr)
    accepted, refused = result.stdout.splitlines()
    assert f"{at:%Y-%m-%d %H:%M:%S}.250 generate    INFO     accepted id={ID} records=1 trace=11111111" == accepted
    assert refused.endswith("persist     ERROR    refused reason=Unavailable status=503 trace=11111111")


def test_json_has_an_object_a_line_with_the_events_own_fields_apart(prod: DeployedStack) -> None:
    stored = entry("persist", "stored", START, id=ID, attempt=1.0, lagSeconds=0.5)
    prod.logging.add(stored)
    (line,) = prod.run("logs", "--stack", "prod", "--json").stdout.splitlines()
    assert {
        "time": START.isoformat().replace("+00:00", "Z"),
        "function": "persist",
        "severity": "INFO",
        "event": "stored",
        "trace": TRACE,
        "insertId": stored["insertId"],
        "fields": {"id": ID, "attempt": 1, "lagSeconds": 0.5},
    } == json.loads(line)


def test_only_the_stacks_own_functions_are_shown_and_what_cloud_run_says_of_them(prod: DeployedStack) -> None:
    elsewhere = entry("persist", "of another stack", START)
    elsewhere["resource"]["labels"]["service_name"] = "data-api-dev-persist"
    audit = entry("persist", "an audit log", START)
    audit["logName"] = f"projects/{PROJECT}/logs/cloudaudit.googleapis.com%2Factivity"
    request = text("persist", "", START, log="requests", httpRequest={"status": 503})
    del request["textPayload"]
    prod.logging.add(
        elsewhere,
        audit,
        request,
        text("persist", "Memory limit of 512 MiB exceeded", START, log="varlog%2Fsystem", severity="ERROR"),
        text("persist", "no available instance", START + SECOND, log="requests", httpRequest={"status": 429}),
        text("persist", "Traceback (most recent call last):", START + 2 * SECOND),
    )
    expected = ["Memory limit of 512 MiB exceeded", "no available instance", "Traceback (most recent call last):"]
    assert expected == events(prod)
    assert "DEFAULT  no available instance status=429" in prod.run("logs", "--stack", "prod").stdout


def test_lines_are_chosen_by_severity_function_and_time(prod: DeployedStack) -> None:
    prod.logging.add(
        entry("persist", "old", NOW - timedelta(hours=2), severity="CRITICAL"),
        entry("persist", "info", START),
        entry("persist", "error", START + SECOND, severity="ERROR"),
        entry("present", "crashed", START + 2 * SECOND, severity="CRITICAL"),
    )
    assert ["info", "error", "crashed"] == events(prod)
    assert ["error", "crashed"] == events(prod, "--severity", "error")
    assert ["old", "info", "error"] == events(prod, "--function", "persist", "--since", "3h")
    assert ["info", "error", "crashed"] == events(prod, "--function", "persist", "--function", "present")


def test_a_long_log_is_read_page_by_page(prod: DeployedStack) -> None:
    prod.logging.page_size = 2
    prod.logging.add(*(entry("persist", f"e{number}", START + number * SECOND) for number in range(5)))
    assert [f"e{number}" for number in range(5)] == events(prod)
    assert [None, "2", "4"] == [call.body.get("pageToken") for call in prod.google.calls]


def test_a_page_may_be_empty_and_not_be_the_last(prod: DeployedStack) -> None:
    line = entry("persist", "stored", START)
    prod.google.answers[LIST] = lambda call: (
        {"entries": [line]} if "pageToken" in call.body else {"nextPageToken": "more"}
    )
    assert ["stored"] == events(prod)


def test_the_lines_of_a_record_are_those_with_its_id_its_message_or_its_trace(prod: DeployedStack) -> None:
    prod.logging.add(
        entry("generate", "accepted", NOW - timedelta(days=20), id=ID, records=1),
        entry("persist", "refused", START, messageId="7", attempt=1, trace=OTHER),
        entry("persist", "rejected", START + SECOND, attempt=2),
        entry("persist", "stored", START + 2 * SECOND, id=ID, messageId="7"),
        entry("persist", "another record", START, id=OTHER, messageId="8", trace=OTHER),
    )
    assert ["accepted", "refused", "rejected", "stored"] == events(prod, "--id", ID)
    assert ["accepted", "rejected", "stored"] == events(prod, "--id", TRACE)
    assert ["stored"] == events(prod, "--id", ID, "--since", str(START + 2 * SECOND))


def test_of_a_batch_only_the_lines_of_the_record_and_of_the_request_are_shown(prod: DeployedStack) -> None:
    prod.logging.add(
        entry("generate", "accepted", START, trace=BATCH, records=2),
        entry("persist", "stored", START + SECOND, trace=BATCH, id=OTHER, messageId="8"),
        entry("persist", "duplicate", START + SECOND, trace=BATCH, id=ID, messageId="7"),
    )
    assert ["accepted", "duplicate"] == events(prod, "--id", ID)


HOSTILE = "\x1b]0;owned\x07\r\n\u202e"


def test_no_character_of_a_line_steers_the_terminal(prod: DeployedStack) -> None:
    prod.logging.add(
        entry("persist", f"a{HOSTILE}", START, severity="ERROR", reason=f"b{HOSTILE}", stack=[f"c{HOSTILE}"]),
        text("persist", f"d{HOSTILE}", START),
    )
    for arguments in ([], ["--json"]):
        output = prod.run("logs", "--stack", "prod", *arguments).stdout
        assert not {"\x1b", "\x07", "\r", "\u202e"} & set(output)


class Following:
    """Cloud Logging between the reads of `logs --follow`: each pause is a step, and Ctrl-C follows the last."""

    def __init__(self, prod: DeployedStack, *steps: Callable[[], None]) -> None:
        self.pauses: list[float] = []
        self._steps = iter(steps)
        self._prod = prod
        prod.pausing(self._pause)

    def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        step = next(self._steps, None)
        if step is None:
            raise KeyboardInterrupt
        step()

    def events(self, *arguments: str) -> list[str]:
        result = self._prod.run("logs", "--stack", "prod", "--json", "--follow", *arguments)
        assert (130, "\n") == (result.exit_code, result.stderr)  # as Ctrl-C ends any command: quietly
        return [json.loads(line)["event"] for line in result.stdout.splitlines()]


def test_following_prints_new_lines_once_until_ctrl_c(prod: DeployedStack) -> None:
    prod.logging.add(entry("persist", "first", START))
    later = [entry("persist", f"e{number}", START + number * SECOND) for number in range(2)]
    following = Following(prod, *(lambda line=line: prod.logging.add(line) for line in later), lambda: None)
    assert ["first", "e0", "e1"] == following.events()
    assert [5.0] * 4 == following.pauses


def test_following_shows_a_line_that_arrives_late_and_none_twice(prod: DeployedStack) -> None:
    """It is received 20 minutes after its event, when newer ones have been printed."""
    prod.logging.add(*(entry("persist", f"e{number}", START + number * MINUTE) for number in range(20)))
    late = entry("generate", "late", START + MINUTE, late=20 * MINUTE)
    following = Following(prod, lambda: prod.logging.add(late), lambda: None)
    assert [*(f"e{number}" for number in range(20)), "late"] == following.events()


def test_following_shows_a_line_that_can_be_read_only_some_time_after_it_was_received(prod: DeployedStack) -> None:
    prod.logging.add(entry("persist", "newer", START + 30 * SECOND))
    following = Following(prod, lambda: prod.logging.add(entry("persist", "slow", START)))
    assert ["newer", "slow"] == following.events()


def test_following_tells_lines_of_the_same_time_apart(prod: DeployedStack) -> None:
    prod.logging.add(entry("persist", "one", START))
    following = Following(prod, lambda: prod.logging.add(entry("persist", "two", START)))
    assert ["one", "two"] == following.events()


def test_following_asks_only_for_what_may_be_new(prod: DeployedStack) -> None:
    prod.logging.add(entry("persist", "first", START, late=MINUTE))
    Following(prod).events()
    Following(prod, lambda: None).events("--since", START.isoformat())
    first, second = [call.body["filter"].partition("textPayload")[2] for call in prod.google.calls[-2:]]
    assert f'=~".")) AND timestamp>="{START.isoformat().replace("+00:00", "Z")}"' == first
    assert f'{first} AND receiveTimestamp>="{START.isoformat().replace("+00:00", "Z")}"' == second


def test_where_there_is_no_line_it_is_said_and_nothing_printed(prod: DeployedStack) -> None:
    result = prod.run("logs", "--stack", "prod")
    assert (0, "", "There are no such log lines.\n") == (result.exit_code, result.stdout, result.stderr)


def test_a_missing_permission_is_one_sentence(prod: DeployedStack) -> None:
    prod.google.answers[LIST] = refusal(403, "PERMISSION_DENIED", "Permission logging.logEntries.list denied.")
    result = prod.run("logs", "--stack", "prod")
    expected = "logging.googleapis.com rejected the request: Permission logging.logEntries.list denied."
    assert (4, f"Error: {expected}\n") == (result.exit_code, result.stderr)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--function", "persit"],
            "there is no function persit: give generate, persist, present, delete, dead-letter, web.",
        ),
        (["--id", "A" * 32], "must be 32 of the digits 0-9 and a-f"),
        (["--severity", "BAD"], "is not one of"),
        (["--since", "yesterday"], "give how long ago (30m, 12h, 7d)"),
    ],
)
def test_what_is_not_understood_is_a_usage_error(prod: DeployedStack, arguments: list[str], message: str) -> None:
    result = prod.run("logs", "--stack", "prod", *arguments)
    assert (2, True) == (result.exit_code, message in result.stderr)
    assert [] == prod.google.calls
