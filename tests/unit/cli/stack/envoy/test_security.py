"""The security of the Envoy configuration: listeners, tokens, keys. A running Envoy is tested in tests/integration."""

import copy
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data_api.shared.contract import Json
from data_api.shared.errors import CliError
from data_api.stack.gateway.envoy import envoy_command, envoy_configuration
from data_api.stack.gateway.key_set import merged_jwks
from data_api.stack.gateway.storage import Storage
from tests.support.functions.error_message import error_message as refusal
from tests.support.servers.envoy_configuration import (
    LOCAL_KEYS,
    connection_manager,
    rendered,
    requirement,
    shipped,
)

RSA = {"kty": "RSA", "n": "AQAB", "e": "AQAB"}


EC = {"kty": "EC", "crv": "P-256", "x": "AQAB", "y": "AQAB"}


def found_under(name: str, node: Any) -> Iterator[object]:  # noqa: ANN401 - any JSON
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        if key == name and isinstance(child, str):
            yield child
        yield from found_under(name, child)


def test_every_listener_and_cluster_is_on_this_machine() -> None:
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
def test_a_public_operation_needs_no_token(method: str, path: str) -> None:
    assert requirement(shipped(), method, path) is None


def test_every_other_operation_needs_a_token() -> None:
    preflights = {"preflightData", "preflightChanges", "preflightDataById", "preflightMe"}
    public = {*preflights, "health", "getOpenapi", "getPage", "getPageConfiguration", "getPageFile"}
    secured = [
        f"{method.upper()} {template}"
        for template, path in shipped()["paths"].items()
        for method, operation in path.items()
        if operation["operationId"] not in public
    ]
    [verifier] = [
        http_filter
        for http_filter in connection_manager(shipped())["http_filters"]
        if http_filter["name"].endswith("jwt_authn")
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
def test_security_that_the_gateway_cannot_enforce_is_rejected(
    security: list[Json], problem: str, contract: Json
) -> None:
    contract["paths"]["/data"]["get"]["security"] = security
    with pytest.raises(CliError, match=f"cannot serve GET /data: .*{problem}"):
        rendered(contract)


def test_the_command_starts_an_envoy_that_keeps_to_itself() -> None:
    program, *options = envoy_command(Path("folder/envoy.json"))
    assert os.access(program, os.X_OK)
    assert options[:2] == ["--config-path", "folder/envoy.json"]
    assert "--disable-hot-restart" in options


@pytest.mark.parametrize("keys", [[RSA], [EC], [RSA, {**EC, "kid": "second", "use": "sig"}]])
def test_other_keys_are_trusted_in_addition_to_the_local_one(keys: list[Json]) -> None:
    before = copy.deepcopy(LOCAL_KEYS)
    assert {"keys": [*LOCAL_KEYS["keys"], *keys]} == merged_jwks(LOCAL_KEYS, json.dumps({"keys": keys}))
    assert before == LOCAL_KEYS


def test_an_invalid_set_of_public_keys_is_rejected() -> None:
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
        **{json.dumps({"keys": key_set}): problem for key_set, problem in keys},
    }
    results = {text: refusal(CliError, merged_jwks, LOCAL_KEYS, text) or "" for text in problems}
    assert {} == {text[:60]: message for text, message in results.items() if problems[text] not in message}
    assert {"The key set is rejected"} == {message.partition(":")[0] for message in results.values()}


def test_only_a_stack_that_rejects_records_has_a_route_to_storage() -> None:
    storage = Storage(7001, "localhost:7002", Path("/a folder/refuse-storing"))
    ways = {
        given: envoy_configuration(
            shipped(),
            port=8080,
            functions={"generate": 1, "present": 2, "delete": 3, "web": 4},
            jwks=LOCAL_KEYS,
            storage=given,
        )["static_resources"]
        for given in (None, storage)
    }
    assert ["gateway"] == [listener["name"] for listener in ways[None]["listeners"]]
    (_, listener), clusters = ways[storage]["listeners"], ways[storage]["clusters"]
    assert ("127.0.0.1", 7001) == tuple(listener["address"]["socket_address"].values())
    assert listener["per_connection_buffer_limit_bytes"] > 4_000_000  # what `persist` sends at once
    (endpoint,) = clusters[-1]["load_assignment"]["endpoints"][0]["lb_endpoints"]
    assert ("localhost", 7002) == tuple(endpoint["endpoint"]["address"]["socket_address"].values())
