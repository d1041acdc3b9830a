"""`data-api list --follow` and `data-api delete`: the requests they send and what they print."""

import io
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from data_api.records.commands import list_records
from data_api.records.following import delete

if TYPE_CHECKING:
    from tests.unit.cli.records.conftest import Call, Environment, FakeApi

ID, OTHER = "0123456789abcdef0123456789abcdef", "f" * 32
RECORD = {"id": ID, "createdAt": "2026-01-31T12:00:00.000001Z", "data": {"text": "one"}}


def page(cursor: str, *changes: object) -> httpx.Response:
    return httpx.Response(200, json={"changes": [*changes], "nextCursor": cursor})


def interrupt(_request: httpx.Request) -> httpx.Response:
    raise KeyboardInterrupt


def unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


def test_records_are_printed_as_they_come_and_deletions_are_named(call: "Call", api: "FakeApi") -> None:
    stored, deleted = {"id": ID, "change": "stored", "record": RECORD}, {"id": OTHER, "change": "deleted"}
    answers = [page("a"), page("b", stored), page("c", deleted), page("d")]
    api.next_handlers = [*(lambda _request, answer=answer: answer for answer in answers), interrupt]
    result = call(list_records, "--follow")
    assert f'{ID}\t{RECORD["createdAt"]}\t{{"text":"one"}}\n' == result.stdout
    assert f"{OTHER} was deleted." in result.stderr
    assert ["latest", "a", "b", "c", "d"] == [request.url.params["cursor"] for request in api.requests]
    assert [None, "wait=20"] == [request.headers.get("prefer") for request in api.requests[:2]]


def test_after_an_outage_it_goes_on_where_it_was(call: "Call", api: "FakeApi", environment: "Environment") -> None:
    stored = {"id": ID, "change": "stored", "record": RECORD}
    outage = [unreachable] * 20
    api.next_handlers = [
        lambda _request: page("a"),
        *outage,
        lambda _request: page("b", stored),
        interrupt,
    ]
    result = call(list_records, "--follow", "--json")
    assert 1 == result.stdout.count(ID)
    assert {"a"} == {request.url.params["cursor"] for request in api.requests[1:-1]}
    assert sum(environment.waits) > 60


def test_an_expired_cursor_or_another_error_ends_it(call: "Call", api: "FakeApi") -> None:
    error = {"code": 410, "message": "This cursor is older than 120 days."}
    api.next_handlers = [lambda _request: page("a"), lambda _request: httpx.Response(410, json=error)]
    assert "This cursor is older than 120 days." in call(list_records, "--follow").stderr


@pytest.mark.parametrize("filter_", [["--all"], ["--limit", "5"], ["--order", "asc"], ["--since", "1h"]])
def test_following_takes_no_filter(call: "Call", api: "FakeApi", filter_: list[str]) -> None:
    result = call(list_records, "--follow", *filter_)
    assert (2, []) == (result.exit_code, api.requests)


def test_each_record_is_deleted_once(call: "Call", api: "FakeApi") -> None:
    first, second, third = api.add(3)
    result = call(delete, first, second, first)
    assert (0, "", "2 records deleted.\n") == (result.exit_code, result.stdout, result.stderr)
    assert [third] == [*api.stored]
    assert ["DELETE", "DELETE"] == [request.method for request in api.requests]


def test_an_invalid_id_deletes_nothing(call: "Call", api: "FakeApi") -> None:
    [first] = api.add(1)
    assert (2, []) == (call(delete, first, "x").exit_code, api.requests)


class Terminal(io.BytesIO):
    """Standard input of a person at a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("typed", [b"y\n", b"yes\n", b"what?\ny\n"])
def test_in_a_terminal_yes_deletes(call: "Call", api: "FakeApi", typed: bytes) -> None:
    result = call(delete, *api.add(2), stdin=Terminal(typed))
    assert (0, "", {}) == (result.exit_code, result.stdout, api.stored)
    assert "Delete 2 records? [y/N]: " in result.stderr


@pytest.mark.parametrize("typed", [b"n\n", b"no\n", b"\n", b""], ids=["n", "no", "enter", "end of input"])
def test_in_a_terminal_anything_else_deletes_nothing(call: "Call", api: "FakeApi", typed: bytes) -> None:
    [first] = api.add(1)
    result = call(delete, first, stdin=Terminal(typed))
    assert (1, "", [first], []) == (result.exit_code, result.stdout, [*api.stored], api.requests)
    assert "Delete 1 record? [y/N]: " in result.stderr


def test_with_yes_it_does_not_ask(call: "Call", api: "FakeApi") -> None:
    result = call(delete, *api.add(1), "--yes", stdin=Terminal(b"n\n"))
    assert (0, "1 record deleted.\n", {}) == (result.exit_code, result.stderr, api.stored)


def test_in_a_pipe_it_does_not_ask_and_reads_nothing(call: "Call", api: "FakeApi") -> None:
    result = call(delete, *api.add(1), stdin=b"n\n")
    assert (0, "1 record deleted.\n", {}) == (result.exit_code, result.stderr, api.stored)


def test_without_standard_input_it_does_not_ask(
    api: "FakeApi", environment: "Environment", monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdin", None)  # as Python does if the descriptor is closed
        delete.main(api.add(1), standalone_mode=False, obj=environment.dependencies(api))
    assert {} == api.stored
