"""Tells what Firestore could not keep of a record, so that it is refused at the POST and never later.

Owns the limits of Firestore's values (https://firebase.google.com/docs/firestore/quotas) and the size a record has
there (https://firebase.google.com/docs/firestore/storage-size). The size of a record as sent is `submission`'s
matter, what a record should hold is the schema's.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from dataapi.errors import MAX_PROBLEMS, Problem

MAX_DEPTH = 20
MAX_PATH_BYTES = 1_500  # of all names on the way to a value, from the document's field `data` on, and the dots between
MAX_STORED_BYTES = 1_000_000  # Firestore's 1 MiB a document, less room for its name and the fields around the record
_INT64 = range(-(2**63), 2**63)


def problems(record: dict[str, Any]) -> list[Problem]:
    """Names each part of a JSON object that Firestore would refuse, or keep as something else."""
    found = list(islice(_in_object(record, "", 1, len("data")), MAX_PROBLEMS))
    if not found and _stored_bytes(record) > MAX_STORED_BYTES:
        found.append(Problem("", f"takes over {MAX_STORED_BYTES:,} bytes in Firestore, where a number takes 8"))
    return found


def fault(record: dict[str, Any]) -> str | None:
    """The problems in one sentence without the record's own names, for logs and dead letters; None without any."""
    found = sorted({each.problem for each in problems(record)})
    return f"Firestore would refuse it: {', '.join(found)}" if found else None


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
        if fault := _name_fault(name, longer):
            yield Problem(pointer(at, name), fault)
        if not isinstance(value, str):  # which most values are, and a text may be any
            yield from _in_value(value, pointer(at, name), depth + 1, longer)


def _in_array(items: list[Any], at: str, depth: int, path: int) -> Iterator[Problem]:
    for index, item in enumerate(items):
        here = pointer(at, index)
        if isinstance(item, list):
            yield Problem(here, "is an array in an array; put an object between them")
        else:
            yield from _in_value(item, here, depth + 1, path)


def _name_fault(name: str, path: int) -> str | None:
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
