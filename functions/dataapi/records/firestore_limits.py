"""Finds what Firestore could not store of a record, so that it is rejected at the POST and not later.

Owns the limits of Firestore's values (https://firebase.google.com/docs/firestore/quotas) and the size of a stored
record (https://firebase.google.com/docs/firestore/storage-size).
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import cycle, repeat
from typing import Any, cast

from dataapi.errors import MAX_PROBLEMS, Problem
from dataapi.json_pointer import Location, pointer_to

MAX_DEPTH = 20
MAX_PATH_BYTES = (
    1_500  # of the field path: all names above a value, from the document's field `data` on, and the dots between
)
MAX_STORED_BYTES = 1_000_000  # Firestore's 1 MiB a document, less room for its name and the fields around the record
_MIN_INT, _MAX_INT = -(2**63), 2**63 - 1
_CONTAINERS_A_STEP = 500  # objects and arrays; a step takes about a millisecond
Turn = Iterator[bool]  # whether a step ends at this container
_SIZES = {int: 8, float: 8, bool: 1, type(None): 1}  # bytes that a value takes, if it is of this type
_CONTAINERS = (dict, list)
_CHECKED = frozenset({dict, list, int})  # the types of values that can be wrong


def violations(record: dict[str, Any]) -> list[Problem]:
    """Each part of a JSON object that Firestore would reject, or store as something else."""
    return [problem for problem in steps(record) if problem]


def steps(record: dict[str, Any]) -> Iterator[Problem | None]:
    """The violations one by one; None every few milliseconds, where a caller may do something else."""
    named, turn = 0, cycle([False] * (_CONTAINERS_A_STEP - 1) + [True])
    for problem in _in_object(record, None, 1, len("data"), turn):
        named += problem is not None
        yield problem
        if named == MAX_PROBLEMS:
            return
    if named:
        return
    total = 0
    for size in _stored_bytes(record):
        total += size
        yield None
    if total > MAX_STORED_BYTES:
        yield Problem("", f"takes over {MAX_STORED_BYTES:,} bytes in Firestore, where a number takes 8")


def violation_summary(record: dict[str, Any]) -> str | None:
    """The violations in one sentence without the record's own names, for logs and dead letters; None without any."""
    problems = sorted({violation.problem for violation in violations(record)})
    return f"Firestore would reject it: {', '.join(problems)}" if problems else None


def _in_object(members: dict[str, Any], at: Location, depth: int, path: int, turn: Turn) -> Iterator[Problem | None]:
    if next(turn):
        yield None
    for name, value in members.items():
        longer = path + 1 + (len(name) if name.isascii() else len(name.encode()))
        if problem := _name_problem(name, longer):
            yield Problem(pointer_to((at, name)), problem)
        if type(value) in _CHECKED:
            yield from _in_value(value, (at, name), depth + 1, longer, turn)


def _in_array(items: list[Any], at: Location, depth: int, path: int, turn: Turn) -> Iterator[Problem | None]:
    kinds = set(map(type, items))
    if kinds.isdisjoint(_CHECKED) or (kinds == {int} and min(items) >= _MIN_INT and max(items) <= _MAX_INT):
        return  # most arrays; item by item it would take twenty times as long
    for index, item in enumerate(items):
        kind = type(item)
        if kind is list:
            yield Problem(pointer_to((at, index)), "is an array in an array; put an object between them")
        elif kind is dict and depth < MAX_DEPTH:
            if item:
                yield from _in_object(item, (at, index), depth + 1, path, turn)
        elif kind in _CHECKED:
            yield from _in_value(item, (at, index), depth + 1, path, turn)


def _in_value(value: Any, at: Location, depth: int, path: int, turn: Turn) -> Iterator[Problem | None]:  # noqa: ANN401  JSON
    if isinstance(value, int):
        if not _MIN_INT <= value <= _MAX_INT:
            yield Problem(pointer_to(at), "is an integer beyond 64 bits; send it as a string")
    elif depth > MAX_DEPTH:
        yield Problem(pointer_to(at), f"is nested deeper than {MAX_DEPTH} levels")
    elif isinstance(value, dict):
        yield from _in_object(value, at, depth, path, turn)
    else:
        yield from _in_array(value, at, depth, path, turn)


def _name_problem(name: str, path: int) -> str | None:
    if not name:
        return "is an empty name"
    if name[:2] == "__" == name[-2:] and len(name) >= len("____"):
        return "is a reserved name: no name may begin and end with two underscores"
    if path > MAX_PATH_BYTES:
        return f"is too long a name: with those above it, it takes more than {MAX_PATH_BYTES:,} bytes"
    return None


def _stored_bytes(record: dict[str, Any]) -> Iterator[int]:
    """The size in parts, each of a step. Without recursion: a record can have 100,000 values."""
    total, turn, containers = (
        0,
        cycle([False] * (_CONTAINERS_A_STEP - 1) + [True]),
        [cast("dict[str, Any] | list[Any]", record)],
    )
    while containers:
        if next(turn):
            yield total
            total = 0
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
    yield total


def _text_bytes(texts: Collection[str]) -> int:
    return len("".join(texts).encode()) + len(texts)
