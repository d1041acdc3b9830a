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
from tests.support.infra.stack_settings import ROOT

ADDRESSES = {
    "generate": "https://generate-x.a.run.app",
    "present": "https://present-x.a.run.app",
    "delete": "https://delete-x.a.run.app",
    "web": "https://web-x.a.run.app",
}
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
    """The operations, with names such as `GET /path`."""
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            yield f"{method.upper()} {path}", item[method]


def demands(document: Json, operation: Json) -> list[Json]:
    """The security requirements, of which one must be met."""
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


def test_every_operation_but_preflight_health_and_page_requires_a_token(document: Json) -> None:
    tokenless = {name for name, operation in operations(document) if not demands(document, operation)}
    page = {"GET /", "GET /app/config.json", "GET /app/{path}", "GET /openapi.json"}
    preflights = {f"OPTIONS {path}" for path in ("/data", "/data/changes", "/data/{id}", "/me")}
    assert {*preflights, "GET /healthz", *page} == tokenless


def test_a_token_is_never_optional_and_every_required_scheme_exists(document: Json) -> None:
    alternatives = [demanded for _, operation in operations(document) for demanded in demands(document, operation)]
    assert all(alternative.keys() <= document["components"]["securitySchemes"].keys() for alternative in alternatives)
    assert all(len(alternative) == 1 for alternative in alternatives)


def test_every_operation_has_a_backend(document: Json) -> None:
    backends = document["x-google-api-management"]["backends"]
    assert all(operation["x-google-backend"] in backends for _, operation in operations(document))


def test_every_backend_has_address_audience_deadline_and_path_translation(document: Json) -> None:
    generate, present, delete, web = (ADDRESSES[name] for name in ("generate", "present", "delete", "web"))
    backends = {
        name: (backend["address"], backend["jwtAudience"], backend["pathTranslation"], backend["deadline"])
        for name, backend in document["x-google-api-management"]["backends"].items()
    }
    assert {
        "generate": (generate, generate, "APPEND_PATH_TO_ADDRESS", 15.0),
        "present": (present, present, "APPEND_PATH_TO_ADDRESS", 15.0),
        "changes": (present, present, "APPEND_PATH_TO_ADDRESS", 45.0),
        "delete": (delete, delete, "APPEND_PATH_TO_ADDRESS", 30.0),
        "web": (web, web, "APPEND_PATH_TO_ADDRESS", 15.0),
        "health": (f"{present}/health", present, "CONSTANT_ADDRESS", 5.0),
    } == backends


def test_tokens_are_verified_in_the_form_that_api_gateway_reads(document: Json) -> None:
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


def test_the_document_is_valid_openapi(document: Json) -> None:
    validator = jsonschema_rs.Draft202012Validator(OPENAPI_31)
    assert [] == [error.message for error in validator.iter_errors(document)]


def test_every_reference_is_within_the_document(document: Json) -> None:
    references = {node["$ref"] for node in nodes(document) if isinstance(node, dict) and "$ref" in node}
    assert references
    for reference in references:
        parts, result = reference.split("/"), document
        assert "#" == parts[0]
        for name in parts[1:]:
            result = result[name]


def test_every_placeholder_is_replaced(document: Json) -> None:
    filled = [document["x-google-api-management"], document["components"]["securitySchemes"]]
    assert [] == [node for node in nodes(filled) if isinstance(node, str) and "{" in node]


def test_the_parts_of_the_contract_for_clients_are_unchanged(contract: Json, document: Json) -> None:
    for field in ("openapi", "info", "security"):
        assert contract[field] == document[field]
    for part in (contract, document):
        for schema in part["components"]["schemas"].values():
            schema.pop("examples", None)  # the gateway's document has none of the record's schema
    for field in ("parameters", "headers", "schemas", "responses"):
        assert contract["components"][field] == document["components"][field]
    reference = json.dumps({"$ref": RECORD_SCHEMA})
    paths = json.dumps(contract["paths"])
    assert reference in paths
    assert json.loads(paths.replace(reference, '{"type": "object"}')) == document["paths"]


def test_equal_contracts_in_another_order_give_equal_bytes(contract: Json) -> None:
    turned = json.loads(json.dumps(contract), object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    assert list(contract) != list(turned)
    assert render(contract, DEPLOYMENT) == render(turned, DEPLOYMENT)


def test_a_trailing_slash_of_an_address_makes_no_double_slash(contract: Json) -> None:
    slashed = {name: f"{address}/" for name, address in ADDRESSES.items()}
    deployment = Deployment("a-project", DEPLOYMENT.audiences, slashed)
    assert render(contract, DEPLOYMENT) == render(contract, deployment)


@pytest.mark.parametrize("address", ["{unknown}", "https://example.com", "x{present}"])
def test_a_backend_that_is_no_function_is_rejected(contract: Json, address: str) -> None:
    changed = copy.deepcopy(contract)
    changed["x-google-api-management"]["backends"]["present"]["address"] = address
    with pytest.raises(
        ConfigError,
        match=r"address of the backend present in openapi\.yaml must begin with one of {delete}, {generate}, {present}",
    ):
        render(changed, DEPLOYMENT)


@pytest.mark.parametrize(
    "scheme", [{"type": "apiKey", "in": "header", "name": "key"}, {"type": "http", "scheme": "bearer"}]
)
def test_a_security_scheme_that_the_gateway_cannot_verify_is_rejected(contract: Json, scheme: Json) -> None:
    changed = copy.deepcopy(contract)
    changed["components"]["securitySchemes"]["google"] = scheme
    with pytest.raises(ConfigError, match="API Gateway cannot verify the security scheme google"):
        render(changed, DEPLOYMENT)


@pytest.mark.parametrize(
    ("text", "sentence"), [("a: [", "cannot be read as YAML"), ("- a", "is not an OpenAPI document")]
)
def test_a_contract_that_cannot_be_read_is_rejected(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "openapi.yaml").write_text(text)
    with pytest.raises(ConfigError, match=rf"openapi\.yaml {sentence}"):
        read_contract(tmp_path / "openapi.yaml")


def test_a_reference_to_another_file_is_rejected_with_its_name(contract: Json) -> None:
    changed = copy.deepcopy(contract)
    changed["components"]["schemas"]["Receipt"] = {"$ref": "receipt.json"}
    with pytest.raises(ConfigError, match=r"refers to receipt\.json: copy its content into openapi\.yaml"):
        render(changed, DEPLOYMENT)
