"""The bundle: one document without references to other files, with examples everywhere."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from dataapi.openapi import source
from dataapi.openapi.bundle import bundle
from dataapi.openapi.errors import ContractError

ROOT = Path(__file__).parents[4]
SERVER = {"url": "https://api.example.com"}
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
# A client can send these errors to anyone who may call.
EVERYWHERE = {"401", "403", "429", "503"}

Json = dict[str, Any]


@pytest.fixture(scope="module")
def document() -> Json:
    return source.read(SERVER)


@pytest.fixture
def contract() -> Json:
    read: Json = yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))
    return read


def nodes(node: object) -> Iterator[Json]:
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from nodes(child)


def operations(document: Json) -> Iterator[Json]:
    for path in document["paths"].values():
        yield from (operation for name, operation in path.items() if name in METHODS)


def resolved(document: Json, node: Json) -> Json:
    while "$ref" in node:
        target = document
        for name in node["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        node = target
    return node


def contents(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Where, the media type's name, and the media type of each request and answer."""
    for operation in operations(document):
        parts = {"request": operation.get("requestBody", {}), **operation["responses"]}
        for name, part in parts.items():
            for media_type, content in resolved(document, part).get("content", {}).items():
                yield f"{operation['operationId']} {name}", media_type, content


def examples(content: Json) -> list[object]:
    own = [content["example"]] if "example" in content else []
    return own + [example["value"] for example in content.get("examples", {}).values()]


def test_it_is_valid_openapi_3_1(document: Json) -> None:
    assert [] == [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()]


def test_it_refers_to_nothing_outside_and_has_no_extension_of_the_gateway(document: Json) -> None:
    for node in nodes(document):
        assert node.get("$ref", "#").startswith("#")
        assert [] == [name for name in node if name.startswith("x-google-")]


def test_it_names_the_server(document: Json) -> None:
    assert [SERVER] == document["servers"]


def test_everything_that_is_sent_or_answered_as_json_has_a_name(document: Json) -> None:
    for where, media_type, content in contents(document):
        if media_type == "application/json":
            choices = content["schema"].get("oneOf", [content["schema"]])
            assert [] == [choice for choice in choices if "$ref" not in choice], where


def test_every_request_and_answer_has_an_example_that_its_schema_allows(document: Json) -> None:
    for where, media_type, content in contents(document):
        assert examples(content), where
        schema = {**content["schema"], "components": document["components"]}
        for example in examples(content):
            assert jsonschema_rs.is_valid(schema, example), (where, media_type, example)


def test_the_lines_of_an_example_of_a_batch_are_records(document: Json) -> None:
    ((_, _, content),) = [found for found in contents(document) if found[1] == "application/x-ndjson"]
    schema = {**content["schema"]["contentSchema"], "components": document["components"]}
    (batch,) = examples(content)
    assert isinstance(batch, str)
    assert jsonschema_rs.is_valid(schema, [json.loads(line) for line in batch.splitlines()])


def test_errors_of_every_caller_are_at_every_operation_with_a_token(document: Json) -> None:
    for operation in operations(document):
        if operation.get("security") != []:
            assert operation["responses"].keys() >= EVERYWHERE, operation["operationId"]


def test_an_answer_to_too_many_requests_has_its_headers(document: Json) -> None:
    headers = document["components"]["responses"]["TooManyRequests"]["headers"]
    assert {"Retry-After", "RateLimit", "RateLimit-Policy"} == headers.keys()


def test_tokens_are_described_as_standard_tools_know_them(document: Json) -> None:
    schemes = document["components"]["securitySchemes"].values()
    assert [("http", "bearer", "JWT")] * len(schemes) == [
        (scheme["type"], scheme["scheme"], scheme["bearerFormat"]) for scheme in schemes
    ]


def test_placeholders_of_a_deployment_are_not_in_it(document: Json) -> None:
    without_paths = {name: part for name, part in document.items() if name != "paths"}
    assert [] == re.findall(r"\{(?:audience|project|generate|present)\}", json.dumps(without_paths))


def test_what_is_internal_is_not_in_it(contract: Json) -> None:
    contract["paths"]["/data"]["post"]["x-internal"] = True
    contract["components"]["schemas"]["Receipts"]["x-internal"] = True
    result = bundle(contract, {"examples": [{}]}, SERVER)
    assert {"get"} == result["paths"]["/data"].keys()
    assert {"/", "/app/{path}", "/app/config.json"} == contract["paths"].keys() - result["paths"].keys()
    schemas = contract["components"]["schemas"].keys() - result["components"]["schemas"].keys()
    assert {"Receipts", "PageConfiguration"} == schemas


def test_the_contract_itself_is_not_changed(contract: Json) -> None:
    before = json.dumps(contract)
    bundle(contract, {"examples": [{}]}, SERVER)
    assert before == json.dumps(contract)


def test_a_reference_to_another_file_is_an_error(contract: Json) -> None:
    contract["components"]["schemas"]["Error"] = {"$ref": "error.json"}
    with pytest.raises(ContractError, match=r"openapi\.yaml refers to error\.json"):
        bundle(contract, {"examples": [{}]}, SERVER)


@pytest.mark.parametrize("schema", [{}, {"examples": []}, {"examples": {}}])
def test_a_schema_without_examples_is_an_error(contract: Json, schema: Json) -> None:
    with pytest.raises(ContractError, match="has no examples"):
        bundle(contract, schema, SERVER)


def test_a_schema_without_a_name_or_an_example_gets_none(contract: Json) -> None:
    answer = {"description": "An answer.", "content": {"application/json": {"schema": {"type": "object"}}}}
    contract["components"]["responses"]["NotFound"] = answer
    contract["components"]["schemas"]["Health"].pop("examples")
    result = bundle(contract, {"examples": [{}]}, SERVER)
    health = result["paths"]["/healthz"]["get"]["responses"]["200"]["content"]["application/json"]
    assert answer == result["components"]["responses"]["NotFound"]
    assert {"schema": {"$ref": "#/components/schemas/Health"}} == health
