"""Reads the body of a POST: one record, or a batch of them as NDJSON.

Owns the limits of a POST and the ids of its records. A batch is accepted whole or not at all, and every invalid line is
named.
"""

import hashlib
import random
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, islice

from dataapi.errors import MAX_PROBLEMS, BadRequest, Problem, UnsupportedMediaType
from dataapi.records.rules import MAX_RECORD_BYTES, NOT_AN_OBJECT, Checker, Problems

MAX_BATCH_RECORDS = 1_000  # a publish request of Pub/Sub takes 1,000 messages, and a batch is published in one
MAX_BATCH_BYTES = 8 * 2**20  # the same: a publish request takes 10 MB, and messages are longer than records
_MEDIA_TYPE = re.compile(r'\s*([\w.+-]+/[\w.+-]+)\s*(?:;\s*charset="?utf-8"?\s*)?', re.ASCII | re.IGNORECASE)
_SEVERAL = "To send several records, use content-type application/x-ndjson with one record a line."
_NOT_BLANK = re.compile(rb"\S")
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
    records: Callable[[bytes, Checker, Charge], Awaitable[list[bytes]]]


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


async def _one(body: bytes, checker: Checker, charge: Charge) -> list[bytes]:
    charge(1)
    problems = (await checker.check([body])).get(0)
    if isinstance(problems, str):
        hint = f" {_SEVERAL}" if problems.startswith("Extra data") else ""
        raise BadRequest(f"The body is not JSON: {problems}.{hint}")
    if problems == [NOT_AN_OBJECT] and body.lstrip().startswith(b"["):
        problems = [Problem("", f"{NOT_AN_OBJECT.problem}. {_SEVERAL}")]
    if problems:
        raise BadRequest("The record is invalid. Fix the problems named in details, and send it again.", problems)
    return [body]


async def _batch(body: bytes, checker: Checker, charge: Charge) -> list[bytes]:
    numbered = list(islice(_lines(body), MAX_BATCH_RECORDS + 1))
    if not numbered:
        raise BadRequest("The batch is empty. Send one record a line.")
    if len(numbered) > MAX_BATCH_RECORDS:
        raise BadRequest(f"The batch has more than {MAX_BATCH_RECORDS:,} records; send at most so many at once.")
    charge(len(numbered))
    numbers, lines = zip(*numbered, strict=True)
    if invalid := await checker.check(lines):
        problems = chain.from_iterable(_of_line(numbers[position], of_it) for position, of_it in invalid.items())
        raise BadRequest(
            f"{len(invalid):,} of {len(lines):,} records are invalid, so the whole batch is rejected and nothing was "
            "stored. Fix the problems named in details, and send it again.",
            [*islice(problems, MAX_PROBLEMS)],
        )
    return [*lines]


def _lines(body: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, with their numbers; nothing is kept of the blank ones."""
    number, position = 1, 0
    while match := _NOT_BLANK.search(body, position):
        start = match.start()
        number += body.count(b"\n", position, start)
        position = body.find(b"\n", start)
        if position < 0:
            position = len(body)
        yield number, body[start:position]


def _of_line(number: int, problems: Problems) -> list[Problem]:
    if isinstance(problems, str):
        return [Problem("", f"is not JSON: {problems}", number)]
    return [replace(problem, line=number) for problem in problems]


_FORMS = {
    "application/json": Form(is_batch=False, limit=MAX_RECORD_BYTES, limit_name="The record", records=_one),
    "application/x-ndjson": Form(is_batch=True, limit=MAX_BATCH_BYTES, limit_name="The batch", records=_batch),
}
