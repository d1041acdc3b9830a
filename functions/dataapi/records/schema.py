"""Checks records against the record schema, the one file that an operator edits to define a record.

JSON Schema 2020-12, with formats asserted.
"""

import json
from collections.abc import Callable, Container, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import jsonschema_rs

from dataapi.errors import MAX_PROBLEMS, Problem
from dataapi.json_pointer import pointer

MAX_WEIGHT = 1_000  # of what a list of problems is made from: the validator copies the record for each problem
_TEXT_WEIGHT = 64  # characters that count as one value
_STAND_IN = None  # for a member that is too heavy
Check = Callable[[dict[str, Any]], list[Problem]]
_TOO_LARGE = "does not match the schema, and has too many values to say where"
# A problem below one of these depends on other values than the one in its place.
_CHOICES = frozenset({"anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "const", "enum"})
_MASK = "value"  # replaces what the client sent in a message


def load(path: Path) -> Check:
    """Compiles the schema at `path` into a check that returns all problems of a record."""
    validator = jsonschema_rs.Draft202012Validator(
        json.loads(path.read_text(encoding="utf-8")), validate_formats=True, mask=_MASK
    )

    def check(record: dict[str, Any]) -> list[Problem]:
        try:
            return [] if validator.is_valid(record) else _named(record, validator)
        except ValueError:  # the validator copies what it compares or names, to a depth of 255
            return [Problem("", "does not match the schema, and is nested too deep to say where")]

    return check


def _named(record: dict[str, Any], validator: jsonschema_rs.Validator) -> list[Problem]:
    """The problems of a record that is invalid.

    The validator copies the whole record for each problem: seconds and gigabytes for a large record that lacks fifty
    members. So members with many values are left out, and the problems that they may cause with them.
    """
    heavy = {name for name, value in record.items() if _is_heavy(value)} if _is_heavy(record) else set()
    light = {name: _STAND_IN if name in heavy else value for name, value in record.items()}
    if _is_heavy(light):
        return [Problem("", _TOO_LARGE)]
    errors = (error for error in validator.iter_errors(light) if not (heavy and _may_differ(error, heavy)))
    problems = list(islice((problem for error in errors for problem in _problems(error)), MAX_PROBLEMS))
    return problems or [Problem(pointer([*heavy]) if len(heavy) == 1 else "", _TOO_LARGE)]


def _is_heavy(value: object) -> bool:
    """Whether a value has more than MAX_WEIGHT values and text in it; looks no further than that."""
    left, values = MAX_WEIGHT, [value]
    while values and left >= 0:
        left -= 1
        current = values.pop()
        if isinstance(current, str):
            left -= len(current) // _TEXT_WEIGHT
        elif isinstance(current, int):
            left -= current.bit_length() // (8 * _TEXT_WEIGHT)
        elif isinstance(current, dict):
            left -= len(current) + sum(map(len, islice(current, MAX_WEIGHT))) // _TEXT_WEIGHT
            values += islice(current.values(), MAX_WEIGHT)
        elif isinstance(current, list):
            left -= len(current)
            values += islice(current, MAX_WEIGHT)
    return left < 0


def _may_differ(error: jsonschema_rs.ValidationError, heavy: Container[str]) -> bool:
    """Whether a problem may be due to a member that was left out: by its place or by a choice."""
    path = error.instance_path
    return bool(path and path[0] in heavy) or not _CHOICES.isdisjoint(error.schema_path)


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
