"""Tests what all answers have in common."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from dataapi.errors import BadRequest, Gone, HttpError, NotFound, Problem, Unavailable
from dataapi.http import routing
from dataapi.http.dispatch import Call, Dependencies, Handler, answer, json_response
from dataapi.telemetry.observer import Observer
from tests.support.functions.calls import Details, assert_error, content, request

ROOT = Path(__file__).parents[4]
CONTRACT = yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))
ORIGIN = "https://app.example.com"
SECRET = "what the client sent"  # noqa: S105  no password


def operations() -> Iterator[tuple[str, str, list[dict[str, str]]]]:
    """Path, method and header parameters of each operation of the contract, without preflights."""
    shared = CONTRACT["components"]["parameters"]
    for path, methods in CONTRACT["paths"].items():
        for method, operation in methods.items():
            parameters = [
                shared.get(item.get("$ref", "").rpartition("/")[2], item) for item in operation.get("parameters", [])
            ]
            if method != "options":
                yield path, method, [parameter for parameter in parameters if parameter["in"] == "header"]


def declared_headers(node: object) -> Iterator[str]:
    """The names of all headers that answers of the contract have."""
    if isinstance(node, dict):
        for response in node.get("responses", {}).values():
            yield from response.get("headers", {})
        for child in node.values():
            yield from declared_headers(child)


class Log:
    """Records what is logged."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, Any]]] = []

    def __call__(self, event: str, severity: str = "INFO", **fields: object) -> None:
        self.lines.append((event, severity, fields))


async def hello(_: Call, _dependencies: Dependencies) -> Response:
    return json_response({"hello": 1}, headers={"location": "/there"})


def raising(fault: Exception) -> Handler[Dependencies]:
    async def handler(_: Call, _dependencies: Dependencies) -> Response:
        raise fault

    return handler


async def answered(request: Request, handler: Handler[Dependencies] = hello, log: Log | None = None) -> Response:
    routes = routing.compiled({"/data": {"GET": handler, "POST": handler}, "/health": {"GET": handler}})
    dependencies = Dependencies(
        logger=lambda _: log or Log(),
        observer=Observer(),
        origins=frozenset({ORIGIN, "http://localhost", "http://localhost:*"}),
    )
    return await answer(request, routes, lambda: dependencies, Log())


@pytest.mark.parametrize("path", ["", "/", "/data/", "/data/x", "/datax", "/x/data", "/data\n", "/DATA", "//data"])
async def test_an_unknown_path_is_404_for_any_method(subtests: pytest.Subtests, path: str) -> None:
    for method in ("GET", "DELETE", "OPTIONS"):
        with subtests.test(method=method):
            assert_error(await answered(request(method, path)), 404, "nothing at this path")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "get", "TRACE"])
async def test_an_unknown_method_is_405_with_the_allowed_methods(method: str) -> None:
    some, one = await answered(request(method, "/data")), await answered(request(method, "/health"))
    assert_error(some, 405, "Use GET or POST here.")
    assert_error(one, 405, "Use GET here.")
    assert ("GET, POST", "GET") == (some.headers["allow"], one.headers["allow"])


async def test_the_first_value_of_a_repeated_header_counts() -> None:
    seen: list[Call] = []

    async def handler(call: Call, _dependencies: Dependencies) -> Response:
        seen.append(call)
        return json_response({})

    twice = request("GET", "/data")
    traces = [f"00-{digit * 32}-{digit * 16}-01".encode() for digit in "12"]
    twice.scope["headers"] = [(b"traceparent", trace) for trace in traces] + [(b"prefer", b"1"), (b"prefer", b"2")]
    await answered(twice, handler)
    assert ("1" * 32, "1") == (seen[0].trace.trace_id, seen[0].headers["prefer"])


async def test_an_answer_has_its_own_headers_and_says_that_it_depends_on_the_origin() -> None:
    response = await answered(request("GET", "/data"))
    assert {"hello": 1} == content(response)
    assert "/there" == response.headers["location"]
    assert "Origin" == response.headers["vary"]
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS"])
async def test_no_cache_keeps_an_answer_whose_handler_does_not_allow_it(method: str) -> None:
    response = await answered(request(method, "/data"))
    assert ["no-store"] == response.headers.getlist("cache-control")
    assert ["nosniff"] == response.headers.getlist("x-content-type-options")


@pytest.mark.parametrize("fault", [NotFound("Not yet."), Gone("Dead."), Unavailable(), ValueError(SECRET)], ids=repr)
async def test_no_cache_keeps_an_error(fault: Exception) -> None:
    response = await answered(request("GET", "/data"), raising(fault))
    assert ["no-store"] == response.headers.getlist("cache-control")
    assert ["nosniff"] == response.headers.getlist("x-content-type-options")


async def test_no_cache_keeps_the_answer_of_a_function_that_is_not_configured() -> None:
    def compose() -> Dependencies:
        raise ValueError(SECRET)

    response = await answer(request("GET", "/data"), routing.compiled({}), compose, Log())
    assert (500, "no-store", "nosniff") == (
        response.status_code,
        response.headers["cache-control"],
        response.headers["x-content-type-options"],
    )


async def test_a_handler_says_what_a_cache_may_keep() -> None:
    async def handler(_: Call, _dependencies: Dependencies) -> Response:
        return json_response({}, headers={"cache-control": "private, no-cache"})

    response = await answered(request("GET", "/data"), handler)
    assert ["private, no-cache"] == response.headers.getlist("cache-control")


async def test_a_page_of_an_allowed_origin_may_read_answer_and_headers() -> None:
    response = await answered(request("GET", "/data", {"origin": ORIGIN}))
    assert ORIGIN == response.headers["access-control-allow-origin"]
    exposed = set(response.headers["access-control-expose-headers"].split(", "))
    of_any_answer = {"Access-Control-Allow-Origin", "Cache-Control"}  # every page may read the latter
    rate_limit = {"RateLimit", "RateLimit-Policy"}  # of a deployment with limits
    assert {*declared_headers(CONTRACT), *rate_limit} - of_any_answer == exposed
    assert "Origin" == response.headers["vary"]
    assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://app.example.com",
        "https://app.example.com/",
        "https://app.example.com.evil.example",
        "https://APP.example.com",
        "null",
        "*",
        "",
    ],
)
async def test_a_page_of_another_origin_may_read_nothing(subtests: pytest.Subtests, origin: str) -> None:
    for method in ("GET", "OPTIONS", "DELETE"):
        with subtests.test(method=method):
            response = await answered(request(method, "/data", {"origin": origin}))
            assert "access-control-allow-origin" not in response.headers
            assert "access-control-expose-headers" not in response.headers
            assert "Origin" == response.headers["vary"]


@pytest.mark.parametrize("path", ["/data", "/health"])
async def test_a_preflight_is_answered_without_asking_the_handler(path: str) -> None:
    handler = raising(AssertionError("a preflight reached the handler"))
    response = await answered(request("OPTIONS", path, {"origin": ORIGIN}), handler)
    assert (204, b"") == (response.status_code, response.body)
    assert ORIGIN == response.headers["access-control-allow-origin"]
    assert {method.upper() for _, method, _ in operations()} == set(
        response.headers["access-control-allow-methods"].split(", ")
    )
    assert "3600" == response.headers["access-control-max-age"]
    allowed = set(response.headers["access-control-allow-headers"].split(", "))
    declared = {parameter["name"] for *_, parameters in operations() for parameter in parameters}
    assert {"Authorization", "Content-Type", "X-Api-Key", *declared} == allowed


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://localhost:65535", "http://localhost"])
async def test_an_allowed_origin_may_have_any_port(origin: str) -> None:
    response = await answered(request("GET", "/data", {"origin": origin}))
    assert origin == response.headers["access-control-allow-origin"]


@pytest.mark.parametrize(
    "origin", ["http://localhost:", "http://localhost:x", "http://localhost.evil:80", "https://localhost:1"]
)
async def test_any_port_does_not_mean_any_origin(origin: str) -> None:
    response = await answered(request("GET", "/data", {"origin": origin}))
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize("fault", [BadRequest("Fix it."), Unavailable(), ValueError(SECRET)], ids=repr)
async def test_errors_can_be_read_by_pages_of_allowed_origins(fault: Exception) -> None:
    response = await answered(request("GET", "/data", {"origin": ORIGIN}), raising(fault))
    assert response.status_code >= 400
    assert ORIGIN == response.headers["access-control-allow-origin"]
    assert "Retry-After" in response.headers["access-control-expose-headers"]


async def test_an_error_names_its_problems_and_the_line_only_of_a_batch() -> None:
    problems = [Problem("/a", "is required"), Problem("", "is not JSON", line=3), Problem("/b", "is too long", line=1)]
    response = await answered(request("POST", "/data"), raising(BadRequest("Fix it.", problems)))
    expected: Details = [
        {"field": "/a", "problem": "is required"},
        {"line": 3, "field": "", "problem": "is not JSON"},
        {"line": 1, "field": "/b", "problem": "is too long"},
    ]
    assert_error(response, 400, "Fix it.", expected)


async def test_only_the_type_of_an_error_is_logged() -> None:
    log = Log()
    await answered(request("POST", "/data"), raising(BadRequest(SECRET, [Problem(SECRET, SECRET)])), log)
    assert [("refused", "INFO", {"status": 400, "reason": "BadRequest"})] == log.lines


async def test_unavailable_is_an_error_in_the_log_and_has_retry_after() -> None:
    log = Log()
    response = await answered(request("POST", "/data"), raising(Unavailable()), log)
    assert_error(response, 503, "Temporarily unavailable")
    assert "2" == response.headers["retry-after"]
    assert [("refused", "ERROR", {"status": 503, "reason": "Unavailable"})] == log.lines


async def test_an_error_answer_is_at_most_64_kib_and_keeps_the_first_details() -> None:
    problems = [Problem("\x01" * 200, "is wrong", line) for line in range(100)]
    response = await answered(request("POST", "/data"), raising(BadRequest("Fix it.", problems)), Log())
    assert len(bytes(response.body)) <= 64 * 2**10
    details = json.loads(bytes(response.body))["details"]
    assert [*range(len(details))] == [detail["line"] for detail in details]
    assert len(details) == 50


async def test_a_crash_is_500_in_the_form_of_all_errors_without_the_exception() -> None:
    log = Log()
    response = await answered(request("POST", "/data"), raising(ValueError(SECRET)), log)
    assert_error(response, 500, "The service failed.")
    [(event, severity, fields)] = log.lines
    assert ("crashed", "CRITICAL", "ValueError") == (event, severity, fields["reason"])
    assert re.fullmatch(r".*test_dispatch\.py:\d+ handler", fields["stack"][-1])
    assert SECRET not in f"{response.body!r} {response.headers} {log.lines}"


async def test_a_crash_does_not_show_chained_exceptions() -> None:
    async def handler(_: Call, _dependencies: Dependencies) -> Response:
        nothing: dict[str, Response] = {}
        try:
            return nothing[SECRET]
        except KeyError as cause:
            raise RuntimeError(SECRET) from cause

    log = Log()
    response = await answered(request("POST", "/data"), handler, log)
    assert SECRET not in f"{response.body!r} {response.headers} {log.lines}"


async def test_a_client_that_goes_away_is_no_failure_of_the_service() -> None:
    log = Log()
    await answered(request("POST", "/data"), raising(ClientDisconnect()), log)
    assert {"INFO"} == {severity for _, severity, _ in log.lines}


def test_every_http_error_has_a_status_of_its_own() -> None:
    statuses = [kind.status for kind in HttpError.__subclasses__()]
    assert sorted({400, 401, 403, 404, 405, 408, 410, 413, 415, 429, 503}) == sorted(statuses)
