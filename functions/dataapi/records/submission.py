"""Reads what is posted: one record, or a batch of them as NDJSON.

Owns the limits of a POST and the ids of what it brings. A batch is good as a whole or not at all, and every bad line
is named. What a record may be is asked of `strict_json`, `storable` and `schema`, in this order.
"""

import hashlib
import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from dataapi import strict_json
from dataapi.errors import MAX_PROBLEMS, BadRequest, Problem, UnsupportedMediaType
from dataapi.records import firestore_limits
from dataapi.records.schema import Check

MAX_RECORD_BYTES = 256 * 2**10
MAX_BATCH_RECORDS = 1_000  # messages in one publish request of Pub/Sub: a batch leaves in one
MAX_BATCH_BYTES = 8 * 2**20  # the same: a publish request takes 10 MB, and messages are longer than records
_MEDIA_TYPE = re.compile(r'\s*([\w.+-]+/[\w.+-]+)\s*(?:;\s*charset="?utf-8"?\s*)?', re.ASCII | re.IGNORECASE)
_KEY = re.compile(r"[!-~]{1,255}")


@dataclass(frozen=True, slots=True)
class Form:
    """A form in which records are posted. `records` gives the JSON of each, and raises BadRequest if any is bad."""

    is_batch: bool
    limit: int  # bytes of the body
    limit_name: str
    records: Callable[[bytes, Check], list[bytes]]


def form(headers: Mapping[str, str]) -> Form:
    """The form that a request's headers announce; raises UnsupportedMediaType where there is no such form."""
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("Send the body uncompressed, without content-encoding.")
    match = _MEDIA_TYPE.fullmatch(headers.get("content-type", ""))
    found = _FORMS.get(match[1].lower()) if match else None
    if found is None:
        raise UnsupportedMediaType(f"Send content-type {' or '.join(_FORMS)}, in UTF-8.")
    return found


def ids(user_id: str, key: str | None, form: Form, count: int) -> list[str]:
    """The ids of what a request posts: those that belong to the user's Idempotency-Key, or new ones without a key.

    Raises BadRequest for a key that is none. New ids are random: Firestore slows down where ids stand close together.
    """
    if key is None:
        return [f"{random.getrandbits(128):032x}" for _ in range(count)]
    if not _KEY.fullmatch(key):
        raise BadRequest(
            "The Idempotency-Key is refused.",
            [Problem("Idempotency-Key", "must be 1 to 255 visible ASCII characters, without spaces")],
        )
    places = [f"line {number}" for number in range(count)] if form.is_batch else ["alone"]
    return [hashlib.sha256(f"{user_id}\n{key}\n{place}".encode()).hexdigest()[:32] for place in places]


def _one(body: bytes, check: Check) -> list[bytes]:
    try:
        problems = _problems(body, check)
    except strict_json.NotJsonError as fault:
        raise BadRequest(f"The body is not JSON: {fault}.") from None
    if problems:
        raise BadRequest("The record is refused. Mend what details names, and send it again.", problems[:MAX_PROBLEMS])
    return [body]


def _batch(body: bytes, check: Check) -> list[bytes]:
    lines = [(number, line) for number, line in enumerate(body.split(b"\n"), 1) if line.strip()]
    if not lines:
        raise BadRequest("The batch is empty. Send one record a line.")
    if len(lines) > MAX_BATCH_RECORDS:
        raise BadRequest(f"The batch has {len(lines):,} records; send at most {MAX_BATCH_RECORDS:,} at once.")
    problems = [problem for number, line in lines for problem in _line_problems(number, line, check)]
    if problems:
        bad = len({problem.line for problem in problems})
        raise BadRequest(
            f"{bad:,} of {len(lines):,} records are refused, and with them the batch; nothing of it was kept. "
            "Mend what details names, and send it again.",
            problems[:MAX_PROBLEMS],
        )
    return [line for _, line in lines]


def _problems(raw: bytes, check: Check) -> list[Problem]:
    record = strict_json.parse(raw)
    if not isinstance(record, dict):
        return [Problem("", "must be a JSON object")]
    return firestore_limits.problems(record) + check(record)


def _line_problems(number: int, line: bytes, check: Check) -> Iterator[Problem]:
    if len(line) > MAX_RECORD_BYTES:
        yield Problem("", f"is over the limit of {MAX_RECORD_BYTES:,} bytes", number)
        return
    try:
        for problem in _problems(line, check):
            yield replace(problem, line=number)
    except strict_json.NotJsonError as fault:
        yield Problem("", f"is not JSON: {fault}", number)


_FORMS = {
    "application/json": Form(is_batch=False, limit=MAX_RECORD_BYTES, limit_name="The record", records=_one),
    "application/x-ndjson": Form(is_batch=True, limit=MAX_BATCH_BYTES, limit_name="The batch", records=_batch),
}
