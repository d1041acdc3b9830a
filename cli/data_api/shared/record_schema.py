"""Reads functions/record.schema.json, the only place that knows the fields of a record.

Owns the records that commands, tests and benchmarks send: the schema's examples, also with a text of the caller's.
"""

import copy
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from data_api.shared.errors import CliError

PATH = Path(__file__).parents[3] / "functions" / "record.schema.json"
Json = dict[str, Any]

_LIMITING = ("enum", "const", "pattern", "format", "maxLength")  # a string with one of these may not hold any text


def load(path: Path = PATH) -> Json:
    """The schema; raises CliError."""
    try:
        schema: object = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CliError(f"{path} cannot be read ({error}): correct the file and try again.") from error
    if not isinstance(schema, dict):
        raise CliError(f"{path} is not a JSON object: write a JSON Schema into it.")
    return schema


def examples(schema: Json) -> list[Json]:
    """The records of the schema's `examples`, at least one; raises CliError."""
    records = schema.get("examples")
    if not isinstance(records, list) or not records or not all(isinstance(record, dict) for record in records):
        raise CliError(
            "functions/record.schema.json has no examples: "
            'add "examples": [{…}] with at least one record that it allows.'
        )
    return records


def example() -> Json:
    """The first example; raises CliError."""
    return examples(load())[0]


def example_with(text: str, schema: Json | None = None) -> Json:
    """The first example with `text` in its first free string; raises CliError if the schema allows no free string."""
    schema = schema or load()
    record = copy.deepcopy(examples(schema)[0])
    for holder, name in free_strings(schema, record):
        holder[name] = text
        return record
    raise CliError("functions/record.schema.json has no property that may hold any text.")


def free_strings(schema: Mapping[str, Any], value: Json) -> Iterator[tuple[Json, str]]:
    """The properties of `value` that hold a string which the schema does not limit, with the objects that hold them."""
    for name, rule in schema.get("properties", {}).items():
        if not isinstance(rule, dict) or name not in value:
            continue
        if isinstance(value[name], str) and rule.get("type") == "string" and not set(_LIMITING) & rule.keys():
            yield value, name
        elif isinstance(value[name], dict):
            yield from free_strings(rule, value[name])
