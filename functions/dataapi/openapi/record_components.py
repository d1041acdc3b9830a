"""Makes components of an OpenAPI document from the record's schema: NewRecord, and one for each of its $defs.

Titles are left out: generators take a title for the name of a type, so a title that equals another component's name is
a conflict. So are `$schema`, `$id` and `$comment`, which are about the file.
"""

import re
from typing import Any

from dataapi.openapi.errors import ContractError

Json = dict[str, Any]  # a JSON object of any structure

NAME = "NewRecord"
_COMPONENTS = "#/components/schemas/"
_DEFINITIONS = "#/$defs/"
_LEFT_OUT = {"$comment", "$defs", "$id", "$schema", "title"}
# Keywords of JSON Schema 2020-12 whose value is a schema, a list of schemas, or an object of schemas by name.
_SCHEMA = {
    *("additionalProperties", "contains", "contentSchema", "else", "if", "items", "not", "propertyNames", "then"),
    *("unevaluatedItems", "unevaluatedProperties"),
}
_SCHEMAS = {"allOf", "anyOf", "oneOf", "prefixItems"}
_SCHEMAS_BY_NAME = {"dependentSchemas", "patternProperties", "properties"}


def components(record_schema: Json) -> Json:
    """The components by name; raises ContractError for a reference that cannot be one to a component."""
    definitions = record_schema.get("$defs", {})
    return {
        NAME: _converted(record_schema),
        **{_definition_name(name): _converted(schema) for name, schema in definitions.items()},
    }


def _converted(schema: Any) -> Any:  # noqa: ANN401  a schema is an object or a Boolean
    if not isinstance(schema, dict):
        return schema
    return {keyword: _value(keyword, value) for keyword, value in schema.items() if keyword not in _LEFT_OUT}


def _value(keyword: str, value: Any) -> Any:  # noqa: ANN401  what a keyword has
    if keyword == "$ref":
        return _reference(value)
    if keyword in _SCHEMA:
        return _converted(value)
    if keyword in _SCHEMAS:
        return [_converted(schema) for schema in value]
    if keyword in _SCHEMAS_BY_NAME:
        return {name: _converted(schema) for name, schema in value.items()}
    return value


def _reference(target: str) -> str:
    if target == "#":
        return _COMPONENTS + NAME
    name = target.removeprefix(_DEFINITIONS)
    if name == target or "/" in name:
        raise ContractError(f"functions/record.schema.json refers to {target}: refer to #/$defs/NAME, or to #.")
    return _COMPONENTS + _definition_name(name)


def _definition_name(name: str) -> str:
    """`street address` becomes NewRecordStreetAddress: a component's name has no blanks."""
    words = re.findall(r"[A-Za-z0-9]+", name)
    return NAME + "".join(word[0].upper() + word[1:] for word in words)
