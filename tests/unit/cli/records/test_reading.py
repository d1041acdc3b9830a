"""`data-api list` and `data-api get`: the requests they send and what they print."""

import io
import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click
import httpx
import pytest
from rich.console import Console

from data_api.records import output
from data_api.records.api.responses import Page
from data_api.records.commands import get, list_records

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.cli.records.conftest import Call, Environment, FakeApi, Handler

    Reject = Callable[..., Handler]

ID = "0123456789abcdef0123456789abcdef"
RECORD = {"id": ID, "createdAt": "2026-01-31T12:00:00.000001Z", "data": {"text": "[bold]ä\t"}}


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Standard output of a terminal of 80 columns."""
    shown = io.StringIO()
    monkeypatch.setattr(output, "Console", lambda: Console(file=shown, force_terminal=True, width=80, no_color=True))
    return shown


def sizes(api: "FakeApi") -> list[str]:
    return [request.url.params["pageSize"] for request in api.requests]


def test_a_list_in_a_pipe_is_one_record_a_line_and_whole(call: "Call", api: "FakeApi") -> None:
    api.next_handlers = [lambda _request: httpx.Response(200, json={"records": [RECORD]})]
    result = call(list_records)
    assert f'{ID}\t{RECORD["createdAt"]}\t{{"text":"[bold]ä\\t"}}\n' == result.stdout
    assert (0, "") == (result.exit_code, result.stderr)


def test_a_list_shows_the_newest_fifty(call: "Call", api: "FakeApi") -> None:
    ids = api.add(60)
    result = call(list_records)
    assert ids[:9:-1] == [line.split("\t")[0] for line in result.stdout.splitlines()]
    assert {"pageSize": "50", "order": "desc"} == dict(api.requests[0].url.params)


def test_all_follows_the_pages_to_the_last(call: "Call", api: "FakeApi") -> None:
    ids = api.add(1_201)
    result = call(list_records, "--all", "--json")
    assert ids[::-1] == [record["id"] for record in json.loads(result.stdout)]
    assert 1_203 == len(result.stdout.splitlines())
    assert ["500", "500", "500"] == sizes(api)
    assert [None, "500", "1000"] == [request.url.params.get("pageToken") for request in api.requests]


def test_a_limit_asks_for_no_more_than_it_needs(call: "Call", api: "FakeApi") -> None:
    api.add(100)
    assert 25 == len(call(list_records, "--limit", "25", "--page-size", "10").stdout.splitlines())
    assert ["10", "10", "5"] == sizes(api)


def test_times_are_passed_to_the_api_in_its_form(call: "Call", api: "FakeApi") -> None:
    call(list_records, "--since", "2026-01-31T12:00+01:00", "--until", "2026-02-01T00:00:00.5Z", "--order", "asc")
    times = {"since": "2026-01-31T11:00:00+00:00", "until": "2026-02-01T00:00:00.500000+00:00"}
    assert {**times, "order": "asc", "pageSize": "50"} == dict(api.requests[0].url.params)
    assert b"since=2026-01-31T11%3A00%3A00%2B00%3A00" in api.requests[0].url.query


def test_since_can_be_how_long_ago(call: "Call", api: "FakeApi") -> None:
    assert 0 == call(list_records, "--since", "7d", "--until", "1h").exit_code
    since, until = (datetime.fromisoformat(api.requests[0].url.params[name]) for name in ("since", "until"))
    assert abs(until - since - timedelta(days=6, hours=23)) < timedelta(minutes=1)


@pytest.mark.parametrize("arguments", [["--since", "noon"], ["--until", "noon"], ["--since", "1h", "--until", "2h"]])
def test_an_invalid_time_sends_no_request(call: "Call", api: "FakeApi", arguments: list[str]) -> None:
    result = call(list_records, *arguments)
    assert (2, []) == (result.exit_code, api.requests)
    assert "--until" in result.stderr or "--since" in result.stderr


def test_no_records_are_an_empty_array_or_nothing(call: "Call") -> None:
    assert "[]\n" == call(list_records, "--json").stdout
    result = call(list_records)
    assert (0, "", "") == (result.exit_code, result.stdout, result.stderr)


def test_a_terminal_says_that_there_are_no_records(call: "Call", terminal: io.StringIO) -> None:
    result = call(list_records)
    assert "You have no records yet. Send some with `data-api send`.\n" == result.stderr
    assert "" == terminal.getvalue()


def test_a_table_fits_the_terminal_and_cuts_only_the_data(terminal: io.StringIO) -> None:
    long = {**RECORD, "data": {"text": "[bold]" + "x " * 50}}
    output.show_pages([Page([RECORD], "more"), Page([long], None)])

    header, first, second = click.unstyle(terminal.getvalue()).splitlines()
    assert ["id", "created (UTC)", "data"] == [column.strip() for column in header.split("  ") if column.strip()]
    assert f'{ID}  2026-01-31 12:00:00  {{"text":"[bold]ä\\t"}}' == first.rstrip()
    assert (80, "…") == (len(second), second[-1])
    assert f'{ID}  2026-01-31 12:00:00  {{"text":"[bold]x x' in second


def test_a_terminal_says_that_there_are_more_records(call: "Call", api: "FakeApi", terminal: io.StringIO) -> None:
    api.add(3)
    assert "There are more records: show them with --all or --limit N.\n" == call(list_records, "--limit", "2").stderr
    assert 3 == len(terminal.getvalue().splitlines())
    assert "" == call(list_records, "--limit", "3").stderr


def test_an_invalid_query_names_its_parameters(call: "Call", api: "FakeApi", reject: "Reject") -> None:
    api.next_handlers = [reject(400, "The query is invalid.", [{"field": "since", "problem": "must be a time"}])]
    result = call(list_records, "--since", "1h")
    assert (7, "Error: The query is invalid.\n  --since must be a time\n") == (result.exit_code, result.stderr)


def test_all_and_limit_cannot_be_combined(call: "Call", api: "FakeApi") -> None:
    result = call(list_records, "--all", "--limit", "5")
    assert (2, []) == (result.exit_code, api.requests)


def test_reading_retries_a_retryable_error(
    call: "Call", api: "FakeApi", environment: "Environment", reject: "Reject"
) -> None:
    api.next_handlers = [reject(503, "Not now.")]
    assert (0, "[]\n") == ((result := call(list_records, "--json")).exit_code, result.stdout)
    assert [0.5] == environment.waits


def test_get_prints_the_record_and_asks_to_wait_for_it(call: "Call", api: "FakeApi") -> None:
    [record_id] = api.add(1)
    result = call(get, record_id, "--wait", "7")
    assert api.stored[record_id] == json.loads(result.stdout)
    assert result.stdout == json.dumps(api.stored[record_id], indent=2) + "\n"
    assert "wait=7" == api.requests[0].headers["prefer"]
    call(get, record_id)
    assert "prefer" not in api.requests[1].headers


def test_get_prints_letters_unescaped_and_in_colour_only_in_a_terminal(
    call: "Call", api: "FakeApi", monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = io.StringIO()
    monkeypatch.setattr(output, "Console", lambda: Console(file=shown, force_terminal=True, width=20))
    api.next_handlers = [lambda _request: httpx.Response(200, json=RECORD)] * 2

    assert "" == call(get, ID).stdout
    assert "\x1b[" in shown.getvalue()
    assert "[bold]ä" in shown.getvalue()
    assert json.loads(call(get, ID, "--json").stdout) == RECORD


def test_a_missing_record_is_one_sentence(call: "Call") -> None:
    result = call(get, ID)
    assert (5, "") == (result.exit_code, result.stdout)
    assert "Error: You have no record with this id.\n" == result.stderr


@pytest.mark.parametrize("record_id", ["../healthz", "0" * 31, "A" * 32])
def test_an_invalid_id_sends_no_request(call: "Call", api: "FakeApi", record_id: str) -> None:
    result = call(get, record_id)
    assert (2, []) == (result.exit_code, api.requests)
    assert "must be 32 of the digits 0-9 and a-f" in result.stderr


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, text="<html>Sign in</html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"records": [{"id": ID, "createdAt": "noon", "data": {}}]}),
        httpx.Response(302, headers={"location": "https://login.example.com"}, json={"records": []}),
        httpx.Response(404, json={"error": "nothing here"}),
    ],
)
def test_the_response_of_another_service_is_recognised(call: "Call", api: "FakeApi", response: httpx.Response) -> None:
    api.next_handlers = [lambda _request: response]
    result = call(list_records)
    assert 1 == result.exit_code
    assert result.stderr.startswith("Error: http://127.0.0.1:8080/data?")
    assert result.stderr.endswith(", which is not an answer of a Data API; check the URL.\n")
