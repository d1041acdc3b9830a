"""Reads the body of a POST: one record, or a batch of them as NDJSON.

Owns the limits of a POST and the ids of its records. A batch is accepted whole or not at all, and every invalid line is
named. A record is checked by `strict_json`, `firestore_limits` and `schema`, in this order.
"""

import asyncio
import hashlib
import random
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from time import perf_counter

from dataapi import strict_json
from dataapi.errors import MAX_PROBLEMS, BadRequest, Problem, UnsupportedMediaType
from dataapi.records import firestore_limits
from dataapi.records.schema import Check

MAX_RECORD_BYTES = 256 * 2**10
MAX_BATCH_RECORDS = 1_000  # a publish request of Pub/Sub takes 1,000 messages, and a batch is published in one
MAX_BATCH_BYTES = 8 * 2**20  # the same: a publish request takes 10 MB, and messages are longer than records
_MEDIA_TYPE = re.compile(r'\s*([\w.+-]+/[\w.+-]+)\s*(?:;\s*charset="?utf-8"?\s*)?', re.ASCII | re.IGNORECASE)
_INVALID_RECORD = "The record is invalid. Fix the problems named in details, and send it again."
_NOT_AN_OBJECT = Problem("", "must be a JSON object")
_SEVERAL = "To send several records, use content-type application/x-ndjson with one record a line."
_LINE = re.compile(rb"\S[^\n]*")  # without the white space before it; linear, whatever the body
_SLICE = 0.01  # seconds of checking after which other requests may go on
_KEY = re.compile(r"[!-~]{1,255}")


Charge = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Form:
    """A media type of a POST.

    `records` returns the JSON of each record, and raises BadRequest if any is invalid. Before it checks them, it calls
    its third argument with their number: checking is the work that a request costs.
    """

    is_batch: bool
    limit: int  # bytes of the body
    limit_name: str
    records: Callable[[bytes, Check, Charge], Awaitable[list[bytes]]]


def form(headers: Mapping[str, str]) -> Form:
    """The form that a request's headers name; raises UnsupportedMediaType."""
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("Send the body uncompressed, without content-encoding.")
    match = _MEDIA_TYPE.fullmatch(headers.get("content-type", ""))
    named = _FORMS.get(match[1].lower()) if match else None
    if named is None:
        raise UnsupportedMediaType(f"Send content-type {' or '.join(_FORMS)}, in UTF-8.")
    return named


def ids(user_id: str, key: str | None, form: Form, count: int) -> list[str]:
    """The ids of a request's records: derived from the user's Idempotency-Key, or new ones without a key.

    Raises BadRequest for an invalid key. New ids are random: Firestore slows down where ids are close together.
    """
    if key is None:
        return [f"{random.getrandbits(128):032x}" for _ in range(count)]
    if not _KEY.fullmatch(key):
        raise BadRequest(
            "The Idempotency-Key is invalid.",
            [Problem("Idempotency-Key", "must be 1 to 255 visible ASCII characters, without spaces")],
        )
    positions = [f"line {number}" for number in range(count)] if form.is_batch else ["alone"]
    return [hashlib.sha256(f"{user_id}\n{key}\n{position}".encode()).hexdigest()[:32] for position in positions]


async def _one(body: bytes, check: Check, charge: Charge) -> list[bytes]:
    charge(1)
    try:
        problems = await _in_slices(_steps(body, check))
    except strict_json.NotJsonError as error:
        hint = f" {_SEVERAL}" if str(error).startswith("Extra data") else ""
        raise BadRequest(f"The body is not JSON: {error}.{hint}") from None
    if problems == [_NOT_AN_OBJECT] and body.lstrip().startswith(b"["):
        problems = [Problem("", f"{_NOT_AN_OBJECT.problem}. {_SEVERAL}")]
    if problems:
        raise BadRequest(_INVALID_RECORD, problems[:MAX_PROBLEMS])
    return [body]


async def _batch(body: bytes, check: Check, charge: Charge) -> list[bytes]:
    lines = list(islice(_lines(body), MAX_BATCH_RECORDS + 1))
    if not lines:
        raise BadRequest("The batch is empty. Send one record a line.")
    if len(lines) > MAX_BATCH_RECORDS:
        raise BadRequest(f"The batch has more than {MAX_BATCH_RECORDS:,} records; send at most so many at once.")
    charge(len(lines))
    problems: list[Problem] = []
    bad = 0
    slice_end = perf_counter() + _SLICE
    for number, line in lines:
        of_line = 0
        for problem in _line_steps(number, line, check):
            if problem is None:
                slice_end = await _let_others_go_on(slice_end)
            else:
                of_line += 1
                problems += [problem] if len(problems) < MAX_PROBLEMS else []
        bad += of_line > 0
        slice_end = await _let_others_go_on(slice_end)
    if problems:
        raise BadRequest(
            f"{bad:,} of {len(lines):,} records are invalid, so the whole batch is rejected and nothing was stored. "
            "Fix the problems named in details, and send it again.",
            problems,
        )
    return [line for _, line in lines]


def _lines(body: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, with their numbers; nothing is kept of the blank ones."""
    number, position = 1, 0
    for match in _LINE.finditer(body):
        number += body.count(b"\n", position, match.start())
        position = match.start()
        yield number, match[0]


def line_problems(number: int, line: bytes, check: Check) -> Iterator[Problem]:
    """All problems of one line of a batch."""
    return (problem for problem in _line_steps(number, line, check) if problem)


def _line_steps(number: int, line: bytes, check: Check) -> Iterator[Problem | None]:
    if len(line) > MAX_RECORD_BYTES:
        yield Problem("", f"is over the limit of {MAX_RECORD_BYTES:,} bytes", number)
        return
    try:
        for problem in _steps(line, check):
            yield replace(problem, line=number) if problem else None
    except strict_json.NotJsonError as error:
        yield Problem("", f"is not JSON: {error}", number)


def _steps(raw: bytes, check: Check) -> Iterator[Problem | None]:
    """The problems of a record; None between two steps of the work."""
    record = strict_json.parse(raw)
    if not isinstance(record, dict):
        yield _NOT_AN_OBJECT
        return
    yield None
    yield from firestore_limits.steps(record)
    yield None
    yield from check(record)


async def _in_slices(steps: Iterator[Problem | None]) -> list[Problem]:
    problems = []
    slice_end = perf_counter() + _SLICE
    for problem in steps:
        if problem is None:
            slice_end = await _let_others_go_on(slice_end)
        else:
            problems.append(problem)
    return problems


async def _let_others_go_on(slice_end: float) -> float:
    """Lets the instance's other requests go on if the slice is over; returns the end of the slice that follows."""
    if perf_counter() <= slice_end:
        return slice_end
    await asyncio.sleep(0)
    return perf_counter() + _SLICE


_FORMS = {
    "application/json": Form(is_batch=False, limit=MAX_RECORD_BYTES, limit_name="The record", records=_one),
    "application/x-ndjson": Form(is_batch=True, limit=MAX_BATCH_BYTES, limit_name="The batch", records=_batch),
}
