"""Checks records against the record schema, the one file that an operator edits to define a record.

JSON Schema 2020-12, with formats asserted.
"""

import json
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import jsonschema_rs

from dataapi.errors import MAX_PROBLEMS, Problem
from dataapi.json_pointer import pointer

Check = Callable[[dict[str, Any]], list[Problem]]
_MASK = "value"  # replaces what the client sent in a message


def load(path: Path) -> Check:
    """Compiles the schema at `path` into a check that returns all problems of a record."""
    validator = jsonschema_rs.Draft202012Validator(
        json.loads(path.read_text(encoding="utf-8")), validate_formats=True, mask=_MASK
    )

    def check(record: dict[str, Any]) -> list[Problem]:
        try:
            if validator.is_valid(record):
                return []
            problems = (problem for error in validator.iter_errors(record) for problem in _problems(error))
            return list(islice(problems, MAX_PROBLEMS))
        except ValueError:  # the validator copies what it compares or names, to a depth of 255
            return [Problem("", "does not match the schema, and is nested too deep to say where")]

    return check


def _problems(error: jsonschema_rs.ValidationError) -> Iterator[Problem]:
    path = error.instance_path
    match error.kind:
        case jsonschema_rs.ValidationErrorKind.Required(property=name):
            yield Problem(pointer([*path, name]), "is required")
        case (
            jsonschema_rs.ValidationErrorKind.AdditionalProperties(unexpected=names)
            | jsonschema_rs.ValidationErrorKind.UnevaluatedProperties(unexpected=names)
        ):
            yield from (Problem(pointer([*path, name]), "is not allowed") for name in names)
        case jsonschema_rs.ValidationErrorKind.PropertyNames(error=cause):
            yield Problem(pointer([*path, str(cause.instance)]), "is not an allowed name")
        case _:
            yield Problem(pointer(path), error.message.removeprefix(f"{_MASK} "))
