import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31  # the OpenAPI Initiative's own schema of documents

from deployment.config_error import ConfigError
from deployment.gateway_config.document import RECORD_SCHEMA, Deployment, Json, read_contract, render
from tests.support.infra.pulumi_mocks import ROOT

ADDRESSES = {"generate": "https://generate-x.a.run.app", "present": "https://present-x.a.run.app"}
DEPLOYMENT = Deployment("a-project", ("this-deployment", "a-client-id"), ADDRESSES)
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


@pytest.fixture(scope="module")
def contract() -> Json:
    return read_contract(ROOT / "openapi.yaml")


@pytest.fixture(scope="module")
def document(contract: Json) -> Json:
    read: Json = json.loads(render(contract, DEPLOYMENT))
    return read


def operations(document: Json) -> Iterator[tuple[str, Json]]:
    """Each as `GET /path` and what the document says of it."""
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            yield f"{method.upper()} {path}", item[method]


def demands(document: Json, operation: Json) -> list[Json]:
    """The tokens of which any will do."""
    result: list[Json] = {"security": document["security"], **operation}["security"]
    return result


def nodes(node: Any) -> Iterator[Any]:  # noqa: ANN401  a document's
    """The node and all below it."""
    yield node
    if isinstance(node, dict):
        node = [*node.values()]
    if isinstance(node, list):
        for child in node:
            yield from nodes(child)


def test_every_operation_but_preflight_and_health_demands_a_token(document: Json) -> None:
    tokenless = {name for name, each in operations(document) if not demands(document, each)}
    assert {"OPTIONS /data", "OPTIONS /data/{id}", "GET /healthz"} == tokenless


def test_a_token_is_never_optional_and_every_scheme_that_is_asked_for_exists(document: Json) -> None:
    alternatives = [demanded for _, each in operations(document) for demanded in demands(document, each)]
    assert all(alternative.keys() <= document["components"]["securitySchemes"].keys() for alternative in alternatives)
    assert all(len(alternative) == 1 for alternative in alternatives)


def test_every_operation_has_a_backend(document: Json) -> None:
    backends = document["x-google-api-management"]["backends"]
    assert all(each["x-google-backend"] in backends for _, each in operations(document))


def test_every_backend_says_address_audience_deadline_and_translation(document: Json) -> None:
    generate, present = ADDRESSES["generate"], ADDRESSES["present"]
    said = {
        name: (each["address"], each["jwtAudience"], each["pathTranslation"], each["deadline"])
        for name, each in document["x-google-api-management"]["backends"].items()
    }
    assert {
        "generate": (generate, generate, "APPEND_PATH_TO_ADDRESS", 15.0),
        "present": (present, present, "APPEND_PATH_TO_ADDRESS", 15.0),
        "health": (f"{present}/health", present, "CONSTANT_ADDRESS", 5.0),
    } == said


def test_tokens_are_verified_as_google_wants_it_said(document: Json) -> None:
    schemes = document["components"]["securitySchemes"]
    locations = [{"header": "Authorization", "valuePrefix": "Bearer "}]
    assert {
        "issuer": "https://accounts.google.com",
        "jwksUri": "https://www.googleapis.com/oauth2/v3/certs",
        "audiences": ["this-deployment", "a-client-id"],
        "jwtLocations": locations,
    } == schemes["google"]["x-google-auth"]
    assert {
        "issuer": "https://securetoken.google.com/a-project",
        "jwksUri": "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com",
        "audiences": ["a-project"],
        "jwtLocations": locations,
    } == schemes["identityPlatform"]["x-google-auth"]
    for scheme in schemes.values():
        assert "oauth2" == scheme["type"]
        assert {"implicit": {"authorizationUrl": "", "scopes": {}}} == scheme["flows"]


def test_it_is_valid_openapi(document: Json) -> None:
    validator = jsonschema_rs.Draft202012Validator(OPENAPI_31)
    assert [] == [error.message for error in validator.iter_errors(document)]


def test_it_stands_alone(document: Json) -> None:
    references = {node["$ref"] for node in nodes(document) if isinstance(node, dict) and "$ref" in node}
    assert references
    for reference in references:
        parts, result = reference.split("/"), document
        assert "#" == parts[0]
        for name in parts[1:]:
            result = result[name]


def test_no_name_in_braces_is_left_where_a_value_belongs(document: Json) -> None:
    filled = [document["x-google-api-management"], document["components"]["securitySchemes"]]
    assert [] == [node for node in nodes(filled) if isinstance(node, str) and "{" in node]


def test_what_clients_see_of_the_contract_is_unchanged(contract: Json, document: Json) -> None:
    for kept in ("openapi", "info", "security"):
        assert contract[kept] == document[kept]
    for kept in ("parameters", "headers", "schemas", "responses"):
        assert contract["components"][kept] == document["components"][kept]
    reference = json.dumps({"$ref": RECORD_SCHEMA})
    paths = json.dumps(contract["paths"])
    assert reference in paths
    assert json.loads(paths.replace(reference, '{"type": "object"}')) == document["paths"]


def test_equal_contracts_give_equal_bytes_whatever_the_order_of_their_names(contract: Json) -> None:
    turned = json.loads(json.dumps(contract), object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    assert list(contract) != list(turned)
    assert render(contract, DEPLOYMENT) == render(turned, DEPLOYMENT)


def test_the_contract_itself_is_left_as_it_is(contract: Json) -> None:
    before = copy.deepcopy(contract)
    render(contract, DEPLOYMENT)
    assert before == contract


def test_an_address_with_a_slash_at_its_end_makes_no_double_slash(contract: Json) -> None:
    slashed = {name: f"{address}/" for name, address in ADDRESSES.items()}
    deployment = Deployment("a-project", DEPLOYMENT.audiences, slashed)
    assert render(contract, DEPLOYMENT) == render(contract, deployment)


@pytest.mark.parametrize("address", ["{unknown}", "https://example.com", "x{present}"])
def test_a_backend_that_is_no_function_is_refused(contract: Json, address: str) -> None:
    changed = copy.deepcopy(contract)
    changed["x-google-api-management"]["backends"]["present"]["address"] = address
    with pytest.raises(
        ConfigError,
        match=r"address of the backend present in openapi\.yaml must begin with one of {generate}, {present}",
    ):
        render(changed, DEPLOYMENT)


@pytest.mark.parametrize(
    "scheme", [{"type": "apiKey", "in": "header", "name": "key"}, {"type": "http", "scheme": "bearer"}]
)
def test_a_security_scheme_that_the_gateway_cannot_verify_is_refused(contract: Json, scheme: Json) -> None:
    changed = copy.deepcopy(contract)
    changed["components"]["securitySchemes"]["google"] = scheme
    with pytest.raises(ConfigError, match="API Gateway cannot verify the security scheme google"):
        render(changed, DEPLOYMENT)


@pytest.mark.parametrize(
    ("text", "sentence"), [("a: [", "cannot be read as YAML"), ("- a", "is not an OpenAPI document")]
)
def test_a_contract_that_cannot_be_read_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "openapi.yaml").write_text(text)
    with pytest.raises(ConfigError, match=rf"openapi\.yaml {sentence}"):
        read_contract(tmp_path / "openapi.yaml")


def test_a_reference_to_another_file_is_refused_by_name(contract: Json) -> None:
    changed = copy.deepcopy(contract)
    changed["components"]["schemas"]["Receipt"] = {"$ref": "receipt.json"}
    with pytest.raises(ConfigError, match=r"refers to receipt\.json: copy its content into openapi\.yaml"):
        render(changed, DEPLOYMENT)
