"""Records for tests that call the functions as shipped: they follow functions/record.schema.json, whatever it says."""

from typing import Any

import pytest

from data_api.shared import record_schema
from data_api.shared.errors import CliError

SCHEMA = record_schema.load()
SAMPLE = record_schema.examples(SCHEMA)[0]
REQUIRED: list[str] = SCHEMA.get("required", [])


def record_with(text: str) -> dict[str, Any]:
    """A record that holds `text`; skips the test if the schema has no property for any text."""
    try:
        return record_schema.example_with(text, SCHEMA)
    except CliError as error:
        pytest.skip(error.format_message())


def text_of(record: dict[str, Any]) -> str:
    """The text of a record that `record_with` made."""
    holder, name = next(record_schema.free_strings(SCHEMA, record))
    return str(holder[name])
