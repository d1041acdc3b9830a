"""Finds what Firestore could not store of a record, so that it is rejected at the POST and not later.

Owns the limits of Firestore's values (https://firebase.google.com/docs/firestore/quotas) and the size of a stored
record (https://firebase.google.com/docs/firestore/storage-size).
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice, repeat
from typing import Any, cast

from dataapi.errors import MAX_PROBLEMS, Problem
from dataapi.json_pointer import Location, pointer_to

MAX_DEPTH = 20
MAX_PATH_BYTES = (
    1_500  # of the field path: all names above a value, from the document's field `data` on, and the dots between
)
MAX_STORED_BYTES = 1_000_000  # Firestore's 1 MiB a document, less room for its name and the fields around the record
_MIN_INT, _MAX_INT = -(2**63), 2**63 - 1
_SIZES = {int: 8, float: 8, bool: 1, type(None): 1}  # bytes that a value takes, if it is of this type
_CONTAINERS = (dict, list)
_CHECKED = frozenset({dict, list, int})  # the types of values that can be wrong


def violations(record: dict[str, Any]) -> list[Problem]:
    """Each part of a JSON object that Firestore would reject, or store as something else; at most MAX_PROBLEMS."""
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
        longer = path + 1 + (len(name) if name.isascii() else len(name.encode()))
        if problem := _name_problem(name, longer):
            yield Problem(pointer_to((at, name)), problem)
        if type(value) in _CHECKED:
            yield from _in_value(value, (at, name), depth + 1, longer)


def _in_array(items: list[Any], at: Location, depth: int, path: int) -> Iterator[Problem]:
    kinds = set(map(type, items))
    if kinds.isdisjoint(_CHECKED) or (kinds == {int} and min(items) >= _MIN_INT and max(items) <= _MAX_INT):
        return  # most arrays; item by item it would take twenty times as long
    for index, item in enumerate(items):
        kind = type(item)
        if kind is list:
            yield Problem(pointer_to((at, index)), "is an array in an array; put an object between them")
        elif kind is dict and depth < MAX_DEPTH:
            if item:
                yield from _in_object(item, (at, index), depth + 1, path)
        elif kind in _CHECKED:
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
    total, containers = 0, [cast("dict[str, Any] | list[Any]", record)]
    while containers:
        container = containers.pop()
        values: Sequence[Any] = container  # type: ignore[assignment]
        if type(container) is dict:
            total += _text_bytes(container)
            values = [*container.values()]
        kinds = set(map(type, values))
        if len(kinds) == 1 and (size := _SIZES.get(next(iter(kinds)))):
            total += size * len(values)
        else:
            total += sum(map(_SIZES.get, map(type, values), repeat(0)))
            if str in kinds:
                total += _text_bytes([value for value in values if type(value) is str])
            if dict in kinds or list in kinds:
                containers += [value for value in values if value and type(value) in _CONTAINERS]
    return total


def _text_bytes(texts: Collection[str]) -> int:
    return len("".join(texts).encode()) + len(texts)
