"""The Envoy configuration that the contract becomes. What a running Envoy makes of it: tests/contract."""

import copy
import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from data_api.shared.contract import Json, load_contract
from data_api.shared.errors import CliError
from data_api.stack.gateway.envoy import envoy_command, envoy_configuration
from data_api.stack.gateway.key_set import merged_jwks
from data_api.stack.gateway.storage import Storage
from tests.support.functions.error_message import error_message as refusal

LOCAL_KEYS = {"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "local"}]}
RSA = {"kty": "RSA", "n": "AQAB", "e": "AQAB"}
EC = {"kty": "EC", "crv": "P-256", "x": "AQAB", "y": "AQAB"}


@cache
def shipped() -> Json:
    return load_contract()


@pytest.fixture
def contract() -> Json:
    """To be changed at will."""
    return copy.deepcopy(shipped())


def rendered(contract: Json) -> Json:
    functions = {"generate": 5001, "present": 5002}
    return envoy_configuration(contract, port=8080, functions=functions, jwks=LOCAL_KEYS)


def connection_manager(contract: Json) -> Json:
    [listener] = rendered(contract)["static_resources"]["listeners"]
    manager: Json = listener["filter_chains"][0]["filters"][0]["typed_config"]
    return manager


def routes(contract: Json) -> list[Json]:
    [host] = connection_manager(contract)["route_config"]["virtual_hosts"]
    result: list[Json] = host["routes"]
    return result


def route(contract: Json, method: str, path: str) -> Json:
    return next(
        route
        for route in routes(contract)
        if path in (route["match"].get("path"), route["match"].get("safe_regex", {}).get("regex"))
        and route["match"].get("headers", [{}])[0].get("string_match") == {"exact": method}
    )


def requirement(contract: Json, method: str, path: str) -> object:
    """What Envoy is told to ask of such a request; None is nothing."""
    result = route(contract, method, path)["typed_per_filter_config"]
    if not result:
        return None
    manager = connection_manager(contract)
    [verifier] = [found for found in manager["http_filters"] if found["name"] in result]
    return verifier["typed_config"]["requirement_map"][result[verifier["name"]]["requirement_name"]]


def found_under(name: str, node: Any) -> Iterator[object]:  # noqa: ANN401 - any JSON
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        if key == name and isinstance(child, str):
            yield child
        yield from found_under(name, child)


def test_nothing_listens_or_leads_beyond_the_machine() -> None:
    assert {"127.0.0.1"} == set(found_under("address", rendered(shipped())))


def test_there_is_no_admin_page() -> None:
    assert {"static_resources"} == rendered(shipped()).keys()


def test_an_operation_takes_a_token_of_any_issuer_it_names() -> None:
    alternatives = [{"provider_name": "google"}, {"provider_name": "identityPlatform"}]
    assert {"requires_any": {"requirements": alternatives}} == requirement(shipped(), "POST", "/data")


def test_an_operation_may_name_one_issuer(contract: Json) -> None:
    contract["paths"]["/data"]["post"]["security"] = [{"google": []}]
    assert {"provider_name": "google"} == requirement(contract, "POST", "/data")


@pytest.mark.parametrize(("method", "path"), [("OPTIONS", "/data"), ("GET", "/healthz"), ("GET", "/healthz/")])
def test_a_public_operation_asks_for_no_token(method: str, path: str) -> None:
    assert requirement(shipped(), method, path) is None


def test_every_other_operation_asks_for_one() -> None:
    public = {"preflightData", "preflightDataById", "health"}
    secured = [
        f"{method.upper()} {template}"
        for template, path in shipped()["paths"].items()
        for method, operation in path.items()
        if operation["operationId"] not in public
    ]
    [verifier] = [
        found for found in connection_manager(shipped())["http_filters"] if found["name"].endswith("jwt_authn")
    ]
    assert sorted(secured) == sorted(verifier["typed_config"]["requirement_map"])


@pytest.mark.parametrize(
    ("security", "problem"),
    [
        ([{"google": [], "identityPlatform": []}], "needs two tokens at once"),
        ([{}], "or has an optional token"),
        ([{"google": []}, {}], "or has an optional token"),
        ([{"unheard": []}], "security scheme without x-google-auth"),
    ],
)
def test_security_that_it_cannot_keep_is_refused(security: list[Json], problem: str, contract: Json) -> None:
    contract["paths"]["/data"]["get"]["security"] = security
    with pytest.raises(CliError, match=f"cannot serve GET /data: .*{problem}"):
        rendered(contract)


def test_an_exact_path_goes_before_a_template(contract: Json) -> None:
    latest = contract["paths"]["/data/{id}"]
    contract["paths"] = {"/{any}": latest, **contract["paths"], "/data/{id}/x": latest, "/data/latest": latest}
    called = [
        route["match"].get("path") or route["match"]["safe_regex"]["regex"]
        for route in routes(contract)
        if "route" in route
    ]
    assert [
        "/data",
        "/data/",
        "/data/latest",
        "/data/latest/",
        r"^/data/[^\/]+\/?$",
        r"^/data/[^\/]+/x\/?$",
        "/healthz",
        "/healthz/",
        r"^/[^\/]+\/?$",
    ] == list(dict.fromkeys(called))


def test_refusals_come_after_all_operations_and_not_found_last() -> None:
    answers = [route["direct_response"]["status"] if "direct_response" in route else 0 for route in routes(shipped())]
    assert sorted(answers[:-1]) == answers[:-1]
    assert {0, 405} == set(answers[:-1])
    assert answers[-1] == 404


def test_a_literal_segment_is_no_pattern(contract: Json) -> None:
    contract["paths"] = {"/a.b/{id}": contract["paths"]["/data/{id}"]}
    assert routes(contract)[0]["match"]["safe_regex"] == {"regex": r"^/a\.b/[^\/]+\/?$"}


@pytest.mark.parametrize(
    ("backend", "timeout", "idle_timeout"),
    [({"deadline": 5.0}, "5.0s", "300.0s"), ({"deadline": 400}, "400s", "401s"), ({}, "15.0s", "300.0s")],
)
def test_a_function_has_as_long_as_its_deadline(backend: Json, timeout: str, idle_timeout: str, contract: Json) -> None:
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
def test_a_backend_that_it_cannot_imitate_is_refused(backend: Json, contract: Json) -> None:
    contract["paths"] = {"/data/{id}": contract["paths"]["/data/{id}"]}
    contract["x-google-api-management"]["backends"]["present"] = backend
    with pytest.raises(CliError, match=r"cannot serve GET /data/\{id\}: it has a backend"):
        rendered(contract)


@pytest.mark.parametrize("name", ["absent", None])
def test_an_operation_without_a_backend_is_refused(name: str | None, contract: Json) -> None:
    contract["paths"]["/data"]["post"]["x-google-backend"] = name
    with pytest.raises(CliError, match="cannot serve POST /data: it names no backend"):
        rendered(contract)


def test_a_function_that_does_not_run_is_named() -> None:
    with pytest.raises(CliError, match=r"functions that do not exist \(generate, present\): "):
        envoy_configuration(shipped(), port=8080, functions={"persist": 5003}, jwks=LOCAL_KEYS)


def test_the_command_starts_an_envoy_that_keeps_to_itself() -> None:
    program, *options = envoy_command(Path("folder/envoy.json"))
    assert os.access(program, os.X_OK)
    assert options[:2] == ["--config-path", "folder/envoy.json"]
    assert "--disable-hot-restart" in options


@pytest.mark.parametrize("keys", [[RSA], [EC], [RSA, {**EC, "kid": "second", "use": "sig"}]])
def test_other_keys_are_trusted_beside_the_local_one(keys: list[Json]) -> None:
    before = copy.deepcopy(LOCAL_KEYS)
    assert {"keys": [*LOCAL_KEYS["keys"], *keys]} == merged_jwks(LOCAL_KEYS, json.dumps({"keys": keys}))
    assert before == LOCAL_KEYS


def test_what_is_no_set_of_public_keys_is_refused() -> None:
    texts = ["", "no JSON", "[" * 100_000, "[]", "5", '{"key": []}']
    no_lists = ['{"keys": "RSA"}', '{"keys": [5]}', '{"keys": {"kty": "RSA"}}']
    keys = [
        ([RSA, {**RSA, "d": "AQAB"}], "it has a private key"),
        ([{"kty": "oct", "k": "AQAB"}], "it has a private key"),
        ([{"kty": "OKP", "crv": "Ed25519", "x": "AQAB"}], "of the type 'OKP'"),
        ([{"n": "AQAB", "e": "AQAB"}], "of the type None"),
        ([{**RSA, "n": ""}], "a key without n or e"),
        ([{**RSA, "n": 65537}], "a key without n or e"),
        ([{"kty": "EC", "crv": "P-256", "x": "AQAB"}], "a key without crv or x or y"),
    ]
    problems = {
        **dict.fromkeys(texts + no_lists, "it is not a JSON object"),
        '{"keys": []}': "it has no keys",
        **{json.dumps({"keys": each}): problem for each, problem in keys},
    }
    results = {text: refusal(CliError, merged_jwks, LOCAL_KEYS, text) or "" for text in problems}
    assert {} == {text[:60]: told for text, told in results.items() if problems[text] not in told}
    assert {"The key set is rejected"} == {told.partition(":")[0] for told in results.values()}


def test_only_a_stack_that_is_to_refuse_something_has_a_way_to_storage() -> None:
    storage = Storage(7001, "localhost:7002", Path("/a folder/refuse-storing"))
    ways = {
        given: envoy_configuration(
            shipped(), port=8080, functions={"generate": 1, "present": 2}, jwks=LOCAL_KEYS, storage=given
        )["static_resources"]
        for given in (None, storage)
    }
    assert ["gateway"] == [listener["name"] for listener in ways[None]["listeners"]]
    (_, listener), clusters = ways[storage]["listeners"], ways[storage]["clusters"]
    assert ("127.0.0.1", 7001) == tuple(listener["address"]["socket_address"].values())
    assert listener["per_connection_buffer_limit_bytes"] > 4_000_000  # what `persist` sends at once
    (endpoint,) = clusters[-1]["load_assignment"]["endpoints"][0]["lb_endpoints"]
    assert ("localhost", 7002) == tuple(endpoint["endpoint"]["address"]["socket_address"].values())
