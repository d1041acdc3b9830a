"""`data-api smoke`: its steps, what it waits for, and that it reports what an API does wrong."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from data_api.shared import record_schema
from data_api.smoke import smoke

if TYPE_CHECKING:
    from tests.unit.cli.records.conftest import Call, Environment, FakeApi, Handler

    Reject = Callable[..., Handler]

STEPS = ["post", "same key", "read", "list", "page", "no token", "bad token"]
WELL = dict.fromkeys(STEPS, True)

Json = dict[str, Any]
Answer = Callable[[httpx.Request], httpx.Response | None]


@pytest.fixture(autouse=True)
def gateway(api: "FakeApi", environment: "Environment", monkeypatch: pytest.MonkeyPatch) -> list[Answer]:
    """Rejects what has not the caller's token, as the gateway does; what a test adds answers first."""
    answers: list[Answer] = []
    behind = type(api).__call__

    def answer(self: "FakeApi", request: httpx.Request) -> httpx.Response:
        for first in answers:
            if (response := first(request)) is not None:
                return response
        token = environment.local_token("ada", ())
        if request.url.path != "/" and request.headers.get("authorization") != f"Bearer {token}":
            self.requests.append(request)
            return httpx.Response(401, json={"code": 401, "message": "Jwt verification fails"})
        return behind(self, request)

    monkeypatch.setattr(type(api), "__call__", answer)
    return answers


def report(call: "Call", *arguments: str, **environ: str) -> tuple[dict[str, bool], dict[str, str]]:
    """Whether each step succeeded, and its message."""
    result = call(smoke, "--json", *arguments, **environ)
    checks = json.loads(result.stdout)["checks"]
    assert (0 if all(check["ok"] for check in checks) else 1) == result.exit_code
    return {check["name"]: check["ok"] for check in checks}, {check["name"]: check["message"] for check in checks}


def always(status: int, message: str, method: str = "", limit: int = 1_000) -> Answer:
    """Answers so, up to that many requests of the caller."""
    count = 0

    def answer(request: httpx.Request) -> httpx.Response | None:
        nonlocal count
        if method not in ("", request.method) or count >= limit:
            return None
        count += 1
        return httpx.Response(status, json={"code": status, "message": message})

    return answer


def test_each_step_is_a_line_and_a_stack_that_works_exits_with_0(call: "Call", api: "FakeApi") -> None:
    result = call(smoke)
    assert (0, "") == (result.exit_code, result.stderr), result.output
    (record_id,) = api.stored
    assert [
        f"ok       post: accepted as {record_id}",
        "ok       same key: the same Idempotency-Key is the same record",
        "ok       read: the data that was sent",
        "ok       list: has the record",
        "ok       page: HTML, with the headers that protect it",
        "ok       no token: rejected with 401",
        "ok       bad token: rejected with 401",
        "",
        "No problems.",
    ] == result.stdout.splitlines()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (httpx.Response(404, json={}), "GET / got 404 application/json, not the page"),
        (httpx.Response(200, json={}), "GET / got 200 application/json, not the page"),
        (
            httpx.Response(200, html=""),
            "GET / answers the page without Content-Security-Policy, Strict-Transport-Secur",
        ),
    ],
)
def test_a_page_that_is_missing_or_unprotected_is_a_problem(
    call: "Call", gateway: list[Answer], answer: httpx.Response, message: str
) -> None:
    gateway.append(lambda request: answer if request.url.path == "/" else None)
    results, messages = report(call)
    assert {**WELL, "page": False} == results
    assert message in messages["page"]


def test_one_example_of_the_schema_is_stored_and_nothing_is_deleted(call: "Call", api: "FakeApi") -> None:
    api.add(3)
    assert WELL == report(call)[0]
    assert [record_schema.example()] == [record["data"] for record in list(api.stored.values())[3:]]
    assert {"POST", "GET"} == {request.method for request in api.requests}


def test_the_record_is_waited_for_by_the_api_and_read_again_until_it_is_stored(
    call: "Call", api: "FakeApi", environment: "Environment", gateway: list[Answer]
) -> None:
    limited = always(404, "You have no record with this id.", limit=3)
    gateway.append(lambda request: limited(request) if request.url.path.startswith("/data/") else None)
    assert WELL == report(call)[0]
    assert [1.0, 1.0, 1.0] == environment.waits
    (read,) = [request for request in api.requests if request.url.path.startswith("/data/")]
    assert "wait=10" == read.headers["prefer"]


@pytest.mark.parametrize("status", [401, 403])
def test_what_a_fresh_deployment_rejects_is_tried_again_as_long_as_the_option_says(
    call: "Call", environment: "Environment", gateway: list[Answer], status: int
) -> None:
    gateway.append(always(status, "Not yet.", limit=10))
    assert WELL == report(call, "--wait", "5m")[0]
    assert [5.0] * 10 == environment.waits


def test_without_that_option_a_rejection_is_a_problem_at_once_and_the_steps_without_a_record_are_left_out(
    call: "Call", environment: "Environment", gateway: list[Answer]
) -> None:
    gateway.append(always(403, "The role data.write is missing.", "POST"))
    results, messages = report(call)
    assert {"post": False, "page": True, "no token": False, "bad token": False} == results
    assert "The role data.write is missing." == messages["post"]
    assert [] == environment.waits


def test_a_rejection_that_lasts_is_a_problem_after_that_time(
    call: "Call", environment: "Environment", gateway: list[Answer]
) -> None:
    gateway.append(always(403, "The role data.write is missing.", "POST"))
    assert not report(call, "--wait", "1m")[0]["post"]
    assert [5.0] * 12 == environment.waits


def test_an_api_that_does_not_answer_is_one_problem(call: "Call", gateway: list[Answer]) -> None:
    def refuse(request: httpx.Request) -> httpx.Response | None:
        raise httpx.ConnectError("Connection refused", request=request)

    gateway.append(refuse)
    results, messages = report(call)
    assert {"post": False} == results
    assert "No local stack answers on http://127.0.0.1:8080; start it with `make up`." == messages["post"]


def test_a_request_that_is_invalid_is_not_tried_again(
    call: "Call", environment: "Environment", gateway: list[Answer]
) -> None:
    gateway.append(always(400, "The record is invalid.", "POST"))
    assert not report(call, "--wait", "1m")[0]["post"]
    assert [] == environment.waits


def test_a_key_that_makes_a_second_record_is_a_problem(
    call: "Call", api: "FakeApi", monkeypatch: pytest.MonkeyPatch
) -> None:
    accept = api.accept

    def without_key(request: httpx.Request) -> httpx.Response:
        request.headers["idempotency-key"] = str(len(api.requests))
        return accept(request)

    monkeypatch.setattr(api, "accept", without_key)
    assert {**WELL, "same key": False} == report(call)[0]


def test_other_data_than_was_sent_is_a_problem(call: "Call", gateway: list[Answer]) -> None:
    record = {"id": "0" * 32, "createdAt": "2026-01-31T12:00:00Z", "data": {"text": "\x1b]0;owned\x07"}}
    gateway.append(lambda request: httpx.Response(200, json=record) if request.url.path.startswith("/data/") else None)
    results, messages = report(call)
    assert {**WELL, "read": False} == results
    assert messages["read"].isprintable()


def test_a_record_that_is_not_in_the_list_is_a_problem(call: "Call", gateway: list[Answer]) -> None:
    def empty(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(200, json={"records": []}) if request.url.query else None

    gateway.append(empty)
    assert {**WELL, "list": False} == report(call)[0]


def test_an_api_that_accepts_anybody_is_a_problem(call: "Call", gateway: list[Answer]) -> None:
    def anybody(request: httpx.Request) -> httpx.Response | None:
        has_key = "idempotency-key" in request.headers
        return httpx.Response(202) if request.method == "POST" and not has_key else None

    gateway.append(anybody)
    results, messages = report(call)
    assert {**WELL, "no token": False, "bad token": False} == results
    assert "POST got 202 and GET 401, and both must get 401" == messages["no token"]


def test_the_forged_token_is_the_callers_own_with_another_signature(
    call: "Call", api: "FakeApi", environment: "Environment"
) -> None:
    report(call)
    own = environment.local_token("ada", ())
    forged = {request.headers.get("authorization", "") for request in api.requests} - {"", f"Bearer {own}"}
    assert [own.rpartition(".")[0]] == [
        authorization.removeprefix("Bearer ").rpartition(".")[0] for authorization in forged
    ]


@pytest.mark.parametrize("text", ["5", "m", "5 m", "5d", "-1m"])
def test_a_time_that_is_none_is_a_usage_error(call: "Call", text: str) -> None:
    result = call(smoke, "--wait", text)
    assert (2, True) == (result.exit_code, "give a number with s, m or h, as in 30s or 5m." in result.stderr)
