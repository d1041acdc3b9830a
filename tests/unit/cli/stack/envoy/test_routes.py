"""The routes and backends of the Envoy configuration, from the contract."""

import pytest

from data_api.shared.contract import Json
from data_api.shared.errors import CliError
from data_api.stack.gateway.envoy import envoy_configuration
from tests.support.servers.envoy_configuration import LOCAL_KEYS, rendered, route, routes, shipped


def test_an_exact_path_goes_before_a_template(contract: Json) -> None:
    latest = contract["paths"]["/data/{id}"]
    contract["paths"] = {"/{any}": latest, **contract["paths"], "/data/{id}/x": latest, "/data/latest": latest}
    called = [
        route["match"].get("path") or route["match"]["safe_regex"]["regex"]
        for route in routes(contract)
        if "route" in route
    ]
    assert [
        "/",
        "/app/config.json",
        "/app/config.json/",
        r"^/app/.*\/?$",
        "/data",
        "/data/",
        "/data/changes",
        "/data/changes/",
        "/data/latest",
        "/data/latest/",
        r"^/data/[^\/]+\/?$",
        r"^/data/[^\/]+/x\/?$",
        "/healthz",
        "/healthz/",
        "/me",
        "/me/",
        "/openapi.json",
        "/openapi.json/",
        r"^/[^\/]+\/?$",
    ] == list(dict.fromkeys(called))


def test_rejections_come_after_all_operations_and_not_found_is_last() -> None:
    answers = [route["direct_response"]["status"] if "direct_response" in route else 0 for route in routes(shipped())]
    assert sorted(answers[:-1]) == answers[:-1]
    assert {0, 405} == set(answers[:-1])
    assert answers[-1] == 404


def test_a_parameter_for_the_rest_of_the_path_takes_all_segments_and_goes_last(contract: Json) -> None:
    file = contract["paths"]["/app/{path}"]
    contract["paths"] = {"/app/{path}": file, "/app/{zone}/x": contract["paths"]["/data/{id}"]}
    patterns = [route["match"]["safe_regex"]["regex"] for route in routes(contract) if "route" in route]
    assert [r"^/app/[^\/]+/x\/?$", r"^/app/.*\/?$"] == list(dict.fromkeys(patterns))


def test_a_literal_segment_is_no_pattern(contract: Json) -> None:
    contract["paths"] = {"/a.b/{id}": contract["paths"]["/data/{id}"]}
    assert routes(contract)[0]["match"]["safe_regex"] == {"regex": r"^/a\.b/[^\/]+\/?$"}


@pytest.mark.parametrize(
    ("backend", "timeout", "idle_timeout"),
    [({"deadline": 5.0}, "5.0s", "300.0s"), ({"deadline": 400}, "400s", "401s"), ({}, "15.0s", "300.0s")],
)
def test_a_route_has_the_deadline_of_its_function(
    backend: Json, timeout: str, idle_timeout: str, contract: Json
) -> None:
    stated = {"address": "{generate}", "pathTranslation": "APPEND_PATH_TO_ADDRESS"}
    contract["x-google-api-management"]["backends"]["generate"] = {**stated, **backend}
    action = route(contract, "POST", "/data")["route"]
    assert (timeout, idle_timeout) == (action["timeout"], action["idle_timeout"])


@pytest.mark.parametrize(("address", "path"), [("{present}/up/now", "/up/now"), ("{present}", "/")])
def test_a_constant_address_takes_the_place_of_the_path(address: str, path: str, contract: Json) -> None:
    contract["x-google-api-management"]["backends"]["health"]["address"] = address
    assert path == route(contract, "GET", "/healthz")["route"]["prefix_rewrite"]


@pytest.mark.parametrize(
    "backend",
    [
        {"address": "{present}/x", "pathTranslation": "CONSTANT_ADDRESS"},
        {"address": "{present}/x", "pathTranslation": "APPEND_PATH_TO_ADDRESS"},
        {"address": "{present}"},
        {"address": "https://example.com", "pathTranslation": "APPEND_PATH_TO_ADDRESS"},
        {"pathTranslation": "APPEND_PATH_TO_ADDRESS"},
    ],
)
def test_a_backend_that_the_gateway_cannot_imitate_is_rejected(backend: Json, contract: Json) -> None:
    contract["paths"] = {"/data/{id}": contract["paths"]["/data/{id}"]}
    contract["x-google-api-management"]["backends"]["present"] = backend
    with pytest.raises(CliError, match=r"cannot serve GET /data/\{id\}: it has a backend"):
        rendered(contract)


@pytest.mark.parametrize("name", ["absent", None])
def test_an_operation_without_a_backend_is_rejected(name: str | None, contract: Json) -> None:
    contract["paths"]["/data"]["post"]["x-google-backend"] = name
    with pytest.raises(CliError, match="cannot serve POST /data: it names no backend"):
        rendered(contract)


def test_a_function_that_does_not_run_is_named() -> None:
    with pytest.raises(CliError, match=r"functions that do not exist \(delete, generate, present, web\): "):
        envoy_configuration(shipped(), port=8080, functions={"persist": 5003}, jwks=LOCAL_KEYS)
