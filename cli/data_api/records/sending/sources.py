"""Reads records: arguments, a JSON file, or NDJSON from a file or a pipe.

NDJSON is read line by line, however long it is; a JSON array is read whole. The API validates the records: their text
is passed on unchanged, and rejected here only if it cannot be split into records.
"""

import io
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import IO

from data_api.records.sending.batches import MAX_BYTES, Line
from data_api.records.sending.json_text import element_positions, on_one_line, problem_of, reason_of
from data_api.shared.errors import CliError, ExitCode

MAX_DOCUMENT = 2**20  # bytes of one record over several lines that are read to find its end; the API takes 256 KiB
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Source:
    """Records, and how messages name them."""

    name: str  # as in "There are no records in events.ndjson"
    noun: str  # as in "line 17"; empty for a single record, which needs no number
    lines: Iterator[Line]
    total: int | None  # the `end` of the last line, if it is known in advance
    is_file: bool  # or a pipe: it can be sent again as it is


def from_arguments(arguments: Iterable[str]) -> Source:
    """One record per argument, each of which is JSON."""
    # The reverse of how Python reads arguments: bytes that are not UTF-8 reach the API as they were typed.
    texts = [argument.encode(errors="surrogateescape") for argument in arguments]
    noun = "argument" if len(texts) > 1 else ""
    lines = [Line(number, on_one_line(text), number) for number, text in enumerate(texts, 1)]
    return Source("the command line", noun, _size_checked(lines, noun), len(texts), is_file=False)


def from_stream(stream: IO[bytes], name: str) -> Source:
    """NDJSON, an array of records, or one record over several lines: the stream's beginning decides."""
    raw_lines = _raw_lines(stream)
    head = list(_until_content(raw_lines))
    first = head[-1].strip() if head else b""
    if first.startswith(b"["):
        lines, total = _elements(b"".join(chain(head, raw_lines)), name)
        return Source(name, "record", _size_checked(lines, "record"), total, is_file=True)
    if problem_of(first):
        head += _until_size(raw_lines, MAX_DOCUMENT)
        document = b"".join(head)
        if len(document) <= MAX_DOCUMENT and not problem_of(document):
            record = Line(1, on_one_line(document), len(document))
            return Source(name, "", iter([record]), len(document), is_file=True)
    lines_of_stream = _size_checked(_numbered(chain(head, raw_lines)), "line")
    return Source(name, "line", lines_of_stream, _size(stream), is_file=True)


def _raw_lines(stream: IO[bytes]) -> Iterator[bytes]:
    """The stream's lines. A line too long to send comes in pieces, of which the first is already too long."""
    lines = iter(partial(stream.readline, MAX_BYTES + 2), b"")
    yield next(lines, b"").removeprefix(_BYTE_ORDER_MARK)
    yield from lines


def _until_content(raw_lines: Iterator[bytes]) -> Iterator[bytes]:
    for line in raw_lines:
        yield line
        if line.strip():
            return


def _until_size(raw_lines: Iterator[bytes], size: int) -> Iterator[bytes]:
    for line in raw_lines:
        yield line
        size -= len(line)
        if size < 0:
            return


def _numbered(raw_lines: Iterable[bytes]) -> Iterator[Line]:
    """The lines without the blank ones, which the API ignores as well."""
    end = 0
    for number, line in enumerate(raw_lines, 1):
        end += len(line)
        if text := line.strip():
            yield Line(number, text, end)


def _size_checked(lines: Iterable[Line], noun: str) -> Iterator[Line]:
    for line in lines:
        if len(line.text) > MAX_BYTES:
            record = f"{noun.capitalize()} {line.number}" if noun else "The record"
            raise CliError(
                f"{record} is over {MAX_BYTES:,} bytes, the limit of one request; shorten it.", ExitCode.INVALID
            )
        yield line


def _elements(document: bytes, name: str) -> tuple[list[Line], int]:
    """The elements of a JSON array as they are written, and the length of its text. Parses all before any is sent."""
    try:
        text = document.decode()
        positions = list(element_positions(text))
    except (ValueError, RecursionError) as error:
        reason = f"{name} starts like a JSON array but is not one ({reason_of(error)})"
        raise CliError(f"{reason}; fix it, or write one record per line.", ExitCode.INVALID) from error
    lines = [
        Line(number, on_one_line(text[start:end].encode()), end) for number, (start, end) in enumerate(positions, 1)
    ]
    return lines, len(text)


def _size(stream: IO[bytes]) -> int | None:
    try:
        status = os.fstat(stream.fileno())
    except io.UnsupportedOperation:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None
