"""Makes the bundle from the contract and the record's schema.

The bundle is the contract with the record's schema as a component, with the examples of its schemas at each request
and answer, with the server's address, and without what callers do not need: the extensions that only Google's gateway
reads, and what is marked as x-internal. It is made whenever it is asked for, and never kept in a file of the project.
"""

import json
from typing import Any

from dataapi.openapi import record_components
from dataapi.openapi.errors import ContractError

Json = dict[str, Any]  # a JSON object of any structure

RECORD_SCHEMA = "functions/record.schema.json"  # as openapi.yaml refers to it
_RECORD = f"#/components/schemas/{record_components.NAME}"
_EXAMPLE = f"{RECORD_SCHEMA}#/examples/0"
_EXTENSION = "x-google-"
_INTERNAL = "x-internal"
_NDJSON = "application/x-ndjson"


def bundle(contract: Json, record_schema: Json, server: Json) -> Json:
    """The bundle as a new object, `server` being an OpenAPI Server Object; raises ContractError."""
    records = _examples(record_schema)
    resolved = _resolve(contract, records[0])
    components = resolved["components"]
    schemas = components["schemas"] | record_components.components(record_schema)
    document = {
        "openapi": resolved["openapi"],
        "info": resolved["info"],
        "servers": [server],
        **resolved,
        "components": components | {"schemas": schemas},
    }
    for media_types in _contents(document):
        for name, media_type in media_types.items():
            _add_examples(name, media_type, schemas, records)
    return document


def _examples(record_schema: Json) -> list[Json]:
    records = record_schema.get("examples")
    if not isinstance(records, list) or not records:
        raise ContractError(
            f'{RECORD_SCHEMA} has no examples: add "examples": [{{…}}] with at least one record that it allows.'
        )
    return records


def _resolve(node: Any, example: Json) -> Any:  # noqa: ANN401  a node of a document is of any type
    """The node without references to other files and without Google's extensions."""
    match node:
        case {"$ref": str(target)} if target == RECORD_SCHEMA:
            return {"$ref": _RECORD}
        case {"$ref": str(target)} if target == _EXAMPLE:
            return example
        case {"$ref": str(target)} if not target.startswith("#"):
            raise ContractError(f"openapi.yaml refers to {target}: refer to {RECORD_SCHEMA} or to a component.")
        case dict():
            kept = {name: child for name, child in node.items() if not _is_left_out(name, child)}
            return {name: _resolve(child, example) for name, child in kept.items()}
        case list():
            return [_resolve(child, example) for child in node]
    return node


def _is_left_out(name: str, child: Any) -> bool:  # noqa: ANN401  a node of a document is of any type
    """Google's extensions, operations and schemas that are internal, and paths that have nothing else."""
    if name.startswith(_EXTENSION):
        return True
    if not isinstance(child, dict):
        return False
    is_path = name.startswith("/")
    return bool(child.get(_INTERNAL)) or (is_path and all(operation.get(_INTERNAL) for operation in child.values()))


def _contents(node: Any) -> list[Json]:  # noqa: ANN401  a node of a document is of any type
    """The `content` of each request and answer: media types by name."""
    children: list[Any] = []
    match node:
        case dict():
            children = [child for name, child in node.items() if name != "schemas"]
        case list():
            children = node
    own = [node["content"]] if isinstance(node, dict) and isinstance(node.get("content"), dict) else []
    return own + [content for child in children for content in _contents(child)]


def _add_examples(name: str, media_type: Json, schemas: Json, records: list[Json]) -> None:
    """Adds the examples of the media type's schemas, unless it has an example of its own."""
    if "example" in media_type:
        return
    if name == _NDJSON:
        lines = "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records)
        media_type["examples"] = {"Batch": {"value": lines}}
        return
    schema = media_type["schema"]
    names = [choice["$ref"].rpartition("/")[2] for choice in schema.get("oneOf", [schema]) if "$ref" in choice]
    examples = {name: schemas[name]["examples"][0] for name in names if "examples" in schemas[name]}
    if examples:
        media_type["examples"] = {name: {"value": example} for name, example in examples.items()}
