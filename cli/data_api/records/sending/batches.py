"""Splits a stream of records into batches that one request can carry, and gives each its Idempotency-Key.

The same records in the same order always make the same batches with the same keys: that is why a file can be sent
twice and is stored once.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MAX_RECORDS = 1_000  # both limits: openapi.yaml, postData
MAX_BYTES = 8 * 2**20


@dataclass(frozen=True, slots=True)
class Line:
    """One record as it is sent, without a line break."""

    number: int  # its position in the input, from 1
    text: bytes
    end: int  # how much of the input has been read with it


@dataclass(frozen=True, slots=True)
class Batch:
    """What one request carries; its body is NDJSON, or one JSON document if there is only one record."""

    ordinal: int  # from 1
    numbers: tuple[int, ...]  # of its records in the input
    body: bytes
    end: int


def batches(lines: Iterable[Line], max_records: int = MAX_RECORDS, max_bytes: int = MAX_BYTES) -> Iterator[Batch]:
    """Every line once and in order. No line may be longer than `max_bytes`.

    If `lines` raises, the lines of an incomplete batch are dropped: sending them as they are would shift the batches
    of the next run, and with them their keys.
    """
    ordinal, pending, size = 1, list[Line](), 0
    for line in lines:
        new_size = size + len(line.text) + 1  # with the line break between records
        if pending and (len(pending) == max_records or new_size - 1 > max_bytes):
            yield _batch(ordinal, pending)
            ordinal, pending, new_size = ordinal + 1, [], len(line.text) + 1
        pending.append(line)
        size = new_size
    if pending:
        yield _batch(ordinal, pending)


def content_key(batch: Batch) -> str:
    """A key made from the batch's content and position, so that equal batches of one input have different keys."""
    return hashlib.sha256(b"%d\n%s" % (batch.ordinal, batch.body)).hexdigest()


def numbered_key(key: str, batch: Batch) -> str:
    """The key itself for the first batch; with the batch's number for the others."""
    return key if batch.ordinal == 1 else f"{key}/{batch.ordinal}"


def _batch(ordinal: int, lines: list[Line]) -> Batch:
    numbers = tuple(line.number for line in lines)
    return Batch(ordinal, numbers, b"\n".join(line.text for line in lines), lines[-1].end)
