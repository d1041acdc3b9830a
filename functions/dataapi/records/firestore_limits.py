"""Finds what Firestore could not store of a record, so that it is rejected at the POST and not later.

Owns the limits of Firestore's values (https://firebase.google.com/docs/firestore/quotas) and the size of a stored
record (https://firebase.google.com/docs/firestore/storage-size).
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from dataapi.errors import MAX_PROBLEMS, Problem
from dataapi.json_pointer import Location, pointer_to

MAX_DEPTH = 20
MAX_PATH_BYTES = (
    1_500  # of the field path: all names above a value, from the document's field `data` on, and the dots between
)
MAX_STORED_BYTES = 1_000_000  # Firestore's 1 MiB a document, less room for its name and the fields around the record
_MIN_INT, _MAX_INT = -(2**63), 2**63 - 1
_CHECKED = frozenset({dict, list, int})  # the types of values that can be wrong


def violations(record: dict[str, Any]) -> list[Problem]:
    """Each part of a JSON object that Firestore would reject, or store as something else."""
    problems = list(islice(_in_object(record, None, 1, len("data")), MAX_PROBLEMS))
    if not problems and _stored_bytes(record) > MAX_STORED_BYTES:
        problems.append(Problem("", f"takes over {MAX_STORED_BYTES:,} bytes in Firestore, where a number takes 8"))
    return problems


def violation_summary(record: dict[str, Any]) -> str | None:
    """The violations in one sentence without the record's own names, for logs and dead letters; None without any."""
    problems = sorted({violation.problem for violation in violations(record)})
    return f"Firestore would reject it: {', '.join(problems)}" if problems else None


def _in_object(members: dict[str, Any], at: Location, depth: int, path: int) -> Iterator[Problem]:
    for name, value in members.items():
        longer = path + 1 + len(name.encode())
        if problem := _name_problem(name, longer):
            yield Problem(pointer_to((at, name)), problem)
        if type(value) in _CHECKED:
            yield from _in_value(value, (at, name), depth + 1, longer)


def _in_array(items: list[Any], at: Location, depth: int, path: int) -> Iterator[Problem]:
    for index, item in enumerate(items):
        if type(item) is list:
            yield Problem(pointer_to((at, index)), "is an array in an array; put an object between them")
        elif type(item) is dict or (type(item) is int and not _MIN_INT <= item <= _MAX_INT):
            yield from _in_value(item, (at, index), depth + 1, path)


def _in_value(value: Any, at: Location, depth: int, path: int) -> Iterator[Problem]:  # noqa: ANN401  JSON is of any type
    if isinstance(value, int):
        if not _MIN_INT <= value <= _MAX_INT:
            yield Problem(pointer_to(at), "is an integer beyond 64 bits; send it as a string")
    elif depth > MAX_DEPTH:
        yield Problem(pointer_to(at), f"is nested deeper than {MAX_DEPTH} levels")
    elif isinstance(value, dict):
        yield from _in_object(value, at, depth, path)
    else:
        yield from _in_array(value, at, depth, path)


def _name_problem(name: str, path: int) -> str | None:
    if not name:
        return "is an empty name"
    if name[:2] == "__" == name[-2:] and len(name) >= len("____"):
        return "is a reserved name: no name may begin and end with two underscores"
    if path > MAX_PATH_BYTES:
        return f"is too long a name: with those above it, it takes more than {MAX_PATH_BYTES:,} bytes"
    return None


def _stored_bytes(record: dict[str, Any]) -> int:
    """Without recursion: a record can have 100,000 values."""
    total, values = 0, [record]
    while values:
        value: Any = values.pop()
        kind = type(value)
        if kind is str:
            total += len(value.encode()) + 1
        elif kind is dict:
            total += sum(len(name.encode()) + 1 for name in value)
            values += value.values()
        elif kind is list:
            values += value
        else:
            total += 1 if value is None or kind is bool else 8
    return total
