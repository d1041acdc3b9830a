"""`data-api list` and `data-api get`: what is asked for, what is shown."""

import io
import json
from typing import TYPE_CHECKING

import click
import httpx
import pytest
from rich.console import Console

from data_api.records import output
from data_api.records.api import Page
from data_api.records.commands import get, list_records

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.cli.records.conftest import Answer, Call, FakeApi, World

    Refuse = Callable[..., Answer]

ID = "0123456789abcdef0123456789abcdef"
RECORD = {"id": ID, "createdAt": "2026-01-31T12:00:00.000001Z", "data": {"text": "[bold]ä\t"}}


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What a terminal of 80 columns has been shown on standard output."""
    shown = io.StringIO()
    monkeypatch.setattr(output, "Console", lambda: Console(file=shown, force_terminal=True, width=80, no_color=True))
    return shown


def sizes(api: "FakeApi") -> list[str]:
    return [request.url.params["pageSize"] for request in api.requests]


def test_a_list_in_a_pipe_is_one_record_a_line_and_whole(call: "Call", api: "FakeApi") -> None:
    api.next_answers = [lambda _request: httpx.Response(200, json={"records": [RECORD]})]
    told = call(list_records)
    assert f'{ID}\t{RECORD["createdAt"]}\t{{"text":"[bold]ä\\t"}}\n' == told.stdout
    assert (0, "") == (told.exit_code, told.stderr)


def test_a_list_shows_the_newest_fifty(call: "Call", api: "FakeApi") -> None:
    ids = api.keep(60)
    told = call(list_records)
    assert ids[:9:-1] == [line.split("\t")[0] for line in told.stdout.splitlines()]
    assert {"pageSize": "50", "order": "desc"} == dict(api.requests[0].url.params)


def test_all_follows_the_pages_to_the_last(call: "Call", api: "FakeApi") -> None:
    ids = api.keep(1_201)
    told = call(list_records, "--all", "--json")
    assert ids[::-1] == [record["id"] for record in json.loads(told.stdout)]
    assert 1_203 == len(told.stdout.splitlines())
    assert ["500", "500", "500"] == sizes(api)
    assert [None, "500", "1000"] == [request.url.params.get("pageToken") for request in api.requests]


def test_a_limit_asks_for_no_more_than_it_needs(call: "Call", api: "FakeApi") -> None:
    api.keep(100)
    assert 25 == len(call(list_records, "--limit", "25", "--page-size", "10").stdout.splitlines())
    assert ["10", "10", "5"] == sizes(api)


def test_times_and_order_are_the_apis_to_judge(call: "Call", api: "FakeApi") -> None:
    call(list_records, "--since", "2026-01-31T12:00:00+01:00", "--until", "then", "--order", "asc")
    assert {"since": "2026-01-31T12:00:00+01:00", "until": "then", "order": "asc", "pageSize": "50"} == dict(
        api.requests[0].url.params
    )
    assert b"since=2026-01-31T12%3A00%3A00%2B01%3A00" in api.requests[0].url.query


def test_no_records_are_an_empty_array_or_nothing(call: "Call") -> None:
    assert "[]\n" == call(list_records, "--json").stdout
    told = call(list_records)
    assert (0, "", "") == (told.exit_code, told.stdout, told.stderr)


def test_no_records_are_told_in_a_terminal(call: "Call", terminal: io.StringIO) -> None:
    told = call(list_records)
    assert "You have no records here. Send some with `data-api send`.\n" == told.stderr
    assert "" == terminal.getvalue()


def test_a_table_fits_the_terminal_and_cuts_only_the_data(terminal: io.StringIO) -> None:
    long = {**RECORD, "data": {"text": "[bold]" + "x " * 50}}
    output.show_pages([Page([RECORD], "more"), Page([long], None)])

    header, first, second = click.unstyle(terminal.getvalue()).splitlines()
    assert ["id", "created (UTC)", "data"] == [column.strip() for column in header.split("  ") if column.strip()]
    assert f'{ID}  2026-01-31 12:00:00  {{"text":"[bold]ä\\t"}}' == first.rstrip()
    assert (80, "…") == (len(second), second[-1])
    assert f'{ID}  2026-01-31 12:00:00  {{"text":"[bold]x x' in second


def test_a_terminal_is_told_that_there_is_more(call: "Call", api: "FakeApi", terminal: io.StringIO) -> None:
    api.keep(3)
    assert "There are more: --all shows all, --limit N shows N.\n" == call(list_records, "--limit", "2").stderr
    assert 3 == len(terminal.getvalue().splitlines())
    assert "" == call(list_records, "--limit", "3").stderr


def test_a_refused_query_names_its_parameters(call: "Call", api: "FakeApi", refuse: "Refuse") -> None:
    api.next_answers = [refuse(400, "The query does not hold.", [{"field": "since", "problem": "must be a time"}])]
    told = call(list_records, "--since", "yesterday")
    assert (1, "Error: The query does not hold.\n  since must be a time\n") == (told.exit_code, told.stderr)


def test_all_and_a_limit_exclude_each_other(call: "Call", api: "FakeApi") -> None:
    told = call(list_records, "--all", "--limit", "5")
    assert (2, []) == (told.exit_code, api.requests)


def test_reading_waits_for_what_passes(call: "Call", api: "FakeApi", world: "World", refuse: "Refuse") -> None:
    api.next_answers = [refuse(503, "Not now.")]
    assert (0, "[]\n") == ((told := call(list_records, "--json")).exit_code, told.stdout)
    assert [0.5] == world.waits


def test_get_prints_the_record_and_asks_to_wait_for_it(call: "Call", api: "FakeApi") -> None:
    [record_id] = api.keep(1)
    told = call(get, record_id, "--wait", "7")
    assert api.stored[record_id] == json.loads(told.stdout)
    assert told.stdout == json.dumps(api.stored[record_id], indent=2) + "\n"
    assert "wait=7" == api.requests[0].headers["prefer"]
    call(get, record_id)
    assert "prefer" not in api.requests[1].headers


def test_get_keeps_letters_as_they_are_and_colours_them_in_a_terminal_only(
    call: "Call", api: "FakeApi", monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = io.StringIO()
    monkeypatch.setattr(output, "Console", lambda: Console(file=shown, force_terminal=True, width=20))
    api.next_answers = [lambda _request: httpx.Response(200, json=RECORD)] * 2

    assert "" == call(get, ID).stdout
    assert "\x1b[" in shown.getvalue()
    assert "[bold]ä" in shown.getvalue()
    assert json.loads(call(get, ID, "--json").stdout) == RECORD


def test_a_record_that_is_not_there_is_a_sentence(call: "Call") -> None:
    told = call(get, ID)
    assert (1, "") == (told.exit_code, told.stdout)
    assert "Error: You have no record of this id, or not yet.\n" == told.stderr


@pytest.mark.parametrize("record_id", ["../healthz", "0" * 31, "A" * 32])
def test_what_is_no_id_is_not_asked_for(call: "Call", api: "FakeApi", record_id: str) -> None:
    told = call(get, record_id)
    assert (2, []) == (told.exit_code, api.requests)
    assert "must be 32 of the digits 0-9 and a-f" in told.stderr


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>Sign in</html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"records": [{"id": ID, "createdAt": "noon", "data": {}}]}),
        httpx.Response(302, headers={"location": "https://login.example.com"}, json={"records": []}),
        httpx.Response(404, json={"error": "nothing here"}),
    ],
)
def test_an_answer_of_something_else_is_told_from_the_apis(
    call: "Call", api: "FakeApi", answer: httpx.Response
) -> None:
    api.next_answers = [lambda _request: answer]
    told = call(list_records)
    assert 1 == told.exit_code
    assert told.stderr.startswith("Error: http://127.0.0.1:8080/data?")
    assert told.stderr.endswith(", and not as a Data API does; check the URL.\n")
