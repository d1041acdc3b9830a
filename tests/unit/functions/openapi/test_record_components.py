"""The record's schema as components of the bundle."""

import re

import pytest

from dataapi.openapi.errors import ContractError
from dataapi.openapi.record_components import components

ADDRESS = "#/components/schemas/NewRecordStreetAddress"


def test_the_schema_is_a_component_without_what_is_about_the_file() -> None:
    schema = {"$schema": "x", "$id": "y", "$comment": "z", "title": "Record", "type": "object", "examples": [{"a": 1}]}
    assert {"NewRecord": {"type": "object", "examples": [{"a": 1}]}} == components(schema)


def test_definitions_are_components_and_references_follow_them() -> None:
    schema = {
        "properties": {"home": {"$ref": "#/$defs/street address"}, "inner": {"$ref": "#"}},
        "$defs": {"street address": {"title": "Record", "type": "string"}},
    }
    assert {
        "NewRecord": {"properties": {"home": {"$ref": ADDRESS}, "inner": {"$ref": "#/components/schemas/NewRecord"}}},
        "NewRecordStreetAddress": {"type": "string"},
    } == components(schema)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"items": {"title": "A"}}, {"items": {}}),
        ({"additionalProperties": False}, {"additionalProperties": False}),
        ({"anyOf": [{"title": "A"}, True]}, {"anyOf": [{}, True]}),
        ({"properties": {"title": {"title": "A", "type": "string"}}}, {"properties": {"title": {"type": "string"}}}),
        (
            {"patternProperties": {"^a": {"$ref": "#/$defs/street address"}}},
            {"patternProperties": {"^a": {"$ref": ADDRESS}}},
        ),
    ],
)
def test_schemas_inside_it_are_converted_too(schema: dict[str, object], expected: dict[str, object]) -> None:
    assert expected == components(schema)["NewRecord"]


@pytest.mark.parametrize("keyword", ["const", "default", "enum", "examples"])
def test_data_is_left_as_it_is(keyword: str) -> None:
    data = [{"title": "A", "$ref": "b.json", "properties": {"x": {"title": "y"}}}]
    assert {keyword: data} == components({keyword: data})["NewRecord"]


@pytest.mark.parametrize("target", ["other.json", "#name", "#/properties/a", "#/$defs/a/items"])
def test_a_reference_that_no_component_can_be_is_an_error(target: str) -> None:
    with pytest.raises(ContractError, match=re.escape(f"refers to {target}: refer to #/$defs/NAME")):
        components({"properties": {"a": {"$ref": target}}})
