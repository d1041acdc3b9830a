"""Splits a stream of records into batches that one request can carry, and names each batch.

Owns both limits of a batch and its Idempotency-Key. The same records in the same order always make the same
batches with the same keys: that is what lets a file be sent twice and stored once.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MAX_RECORDS = 1_000  # both limits: openapi.yaml, postData
MAX_BYTES = 8 * 2**20


@dataclass(frozen=True, slots=True)
class Line:
    """One record as it is sent, without a line break."""

    number: int  # its place in the input, from 1
    text: bytes
    end: int  # how much of the input has been read with it


@dataclass(frozen=True, slots=True)
class Batch:
    """What one request carries; its body is NDJSON, or one JSON document where there is one record."""

    ordinal: int  # from 1
    numbers: tuple[int, ...]  # of its records in the input
    body: bytes
    end: int


def batches(lines: Iterable[Line], max_records: int = MAX_RECORDS, max_bytes: int = MAX_BYTES) -> Iterator[Batch]:
    """Every line once and in order. No line may be longer than `max_bytes`.

    Where `lines` raises, what is held of an unfilled batch is not given out: sent as it is, it would shift the
    batches of the next run, and with them their keys.
    """
    ordinal, held, size = 1, list[Line](), 0
    for line in lines:
        longer = size + len(line.text) + 1  # with the line break between records
        if held and (len(held) == max_records or longer - 1 > max_bytes):
            yield _batch(ordinal, held)
            ordinal, held, longer = ordinal + 1, [], len(line.text) + 1
        held.append(line)
        size = longer
    if held:
        yield _batch(ordinal, held)


def content_key(batch: Batch) -> str:
    """The key that follows from what a batch holds and which it is: equal batches of one input stay two."""
    return hashlib.sha256(b"%d\n%s" % (batch.ordinal, batch.body)).hexdigest()


def given_key(name: str, batch: Batch) -> str:
    """The key that the user gave, for the first batch; with the batch's number for those that follow."""
    return name if batch.ordinal == 1 else f"{name}/{batch.ordinal}"


def _batch(ordinal: int, lines: list[Line]) -> Batch:
    numbers = tuple(line.number for line in lines)
    return Batch(ordinal, numbers, b"\n".join(line.text for line in lines), lines[-1].end)
