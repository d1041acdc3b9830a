"""Applies all the rules of a record: its size, strict JSON, Firestore's limits and the schema, in this order."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from dataapi import strict_json
from dataapi.errors import MAX_PROBLEMS, Problem
from dataapi.records import firestore_limits
from dataapi.records.schema import Check

MAX_RECORD_BYTES = 256 * 2**10
NOT_AN_OBJECT = Problem("", "must be a JSON object")
Problems = list[Problem] | str  # of a record that is invalid; a text says why it is not JSON
Invalid = Mapping[int, Problems]  # by position among the records that are checked; a valid record has no entry


class Checker(Protocol):
    """Checks records, where and when it decides."""

    async def check(self, records: Sequence[bytes]) -> Invalid:
        """The invalid ones; raises Unavailable."""


def invalid(records: Sequence[bytes], check: Check) -> Invalid:
    """The records that are invalid, with at most MAX_PROBLEMS problems together."""
    result: dict[int, Problems] = {}
    left = MAX_PROBLEMS
    for position, record in enumerate(records):
        if found := problems(record, check):
            result[position] = found if isinstance(found, str) else found[:left]
            left -= len(result[position]) if isinstance(found, list) else 0
    return result


def problems(raw: bytes, check: Check) -> Problems:
    """All problems of a record, at most MAX_PROBLEMS; none if it is valid."""
    if len(raw) > MAX_RECORD_BYTES:
        return [Problem("", f"is over the limit of {MAX_RECORD_BYTES:,} bytes")]
    try:
        record = strict_json.parse(raw)
    except strict_json.NotJsonError as error:
        return str(error)
    if not isinstance(record, dict):
        return [NOT_AN_OBJECT]
    return [*firestore_limits.violations(record), *check(record)][:MAX_PROBLEMS]
