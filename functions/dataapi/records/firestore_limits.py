"""Finds what Firestore could not store of a record, so that it is rejected at the POST and not later.

Owns the limits of Firestore's values (https://firebase.google.com/docs/firestore/quotas) and the size of a stored
record (https://firebase.google.com/docs/firestore/storage-size).
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from dataapi.errors import MAX_PROBLEMS, Problem

MAX_DEPTH = 20
MAX_PATH_BYTES = (
    1_500  # of the field path: all names above a value, from the document's field `data` on, and the dots between
)
MAX_STORED_BYTES = 1_000_000  # Firestore's 1 MiB a document, less room for its name and the fields around the record
_INT64 = range(-(2**63), 2**63)


def violations(record: dict[str, Any]) -> list[Problem]:
    """Each part of a JSON object that Firestore would reject, or store as something else."""
    problems = list(islice(_in_object(record, "", 1, len("data")), MAX_PROBLEMS))
    if not problems and _stored_bytes(record) > MAX_STORED_BYTES:
        problems.append(Problem("", f"takes over {MAX_STORED_BYTES:,} bytes in Firestore, where a number takes 8"))
    return problems


def violation_summary(record: dict[str, Any]) -> str | None:
    """The violations in one sentence without the record's own names, for logs and dead letters; None without any."""
    problems = sorted({violation.problem for violation in violations(record)})
    return f"Firestore would reject it: {', '.join(problems)}" if problems else None


def pointer(parent: str, name: str | int) -> str:
    """The JSON Pointer (RFC 6901) of a member."""
    return f"{parent}/{str(name).replace('~', '~0').replace('/', '~1')}"


def _in_value(value: Any, at: str, depth: int, path: int) -> Iterator[Problem]:  # noqa: ANN401  JSON is of any type
    if isinstance(value, dict | list) and depth > MAX_DEPTH:
        yield Problem(at, f"is nested deeper than {MAX_DEPTH} levels")
    elif isinstance(value, dict):
        yield from _in_object(value, at, depth, path)
    elif isinstance(value, list):
        yield from _in_array(value, at, depth, path)
    elif isinstance(value, int) and value not in _INT64:
        yield Problem(at, "is an integer beyond 64 bits; send it as a string")


def _in_object(members: dict[str, Any], at: str, depth: int, path: int) -> Iterator[Problem]:
    for name, value in members.items():
        longer = path + 1 + len(name.encode())
        if problem := _name_problem(name, longer):
            yield Problem(pointer(at, name), problem)
        if not isinstance(value, str):  # most values are texts, and any text is valid
            yield from _in_value(value, pointer(at, name), depth + 1, longer)


def _in_array(items: list[Any], at: str, depth: int, path: int) -> Iterator[Problem]:
    for index, item in enumerate(items):
        item_at = pointer(at, index)
        if isinstance(item, list):
            yield Problem(item_at, "is an array in an array; put an object between them")
        else:
            yield from _in_value(item, item_at, depth + 1, path)


def _name_problem(name: str, path: int) -> str | None:
    if not name:
        return "is an empty name"
    if name[:2] == "__" == name[-2:] and len(name) >= len("____"):
        return "is a reserved name: no name may begin and end with two underscores"
    if path > MAX_PATH_BYTES:
        return f"is too long a name: with those above it, it takes more than {MAX_PATH_BYTES:,} bytes"
    return None


def _stored_bytes(value: Any) -> int:  # noqa: ANN401  JSON is of any type
    match value:
        case str():
            return len(value.encode()) + 1
        case dict():
            return sum(len(name.encode()) + 1 + _stored_bytes(member) for name, member in value.items())
        case list():
            return sum(_stored_bytes(item) for item in value)
        case bool() | None:
            return 1
        case _:
            return 8
