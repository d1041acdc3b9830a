"""Reads the records that a user wants to send: arguments, a JSON file, or NDJSON from a file or a pipe.

NDJSON is read line by line, however long it is; a JSON array is read whole. The API validates the records: their text
is passed on unchanged, and rejected here only if it cannot be split into records.
"""

import io
import json
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import IO

from data_api.records.sending.batches import MAX_BYTES, Line
from data_api.shared.errors import CliError, ExitCode

MAX_DOCUMENT = 2**20  # bytes of one record over several lines that are read to find its end; the API takes 256 KiB
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_WHITESPACE = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True)
class Source:
    """Records, and how messages name them."""

    name: str  # as in "There are no records in events.ndjson"
    noun: str  # as in "line 17"; empty for a single record, which needs no number
    lines: Iterator[Line]
    total: int | None  # the `end` of the last line, if it is known in advance


def from_arguments(arguments: Iterable[str]) -> Source:
    """One record per argument; raises CliError for one over several lines that is not JSON."""
    # The reverse of how Python reads arguments: bytes that are not UTF-8 reach the API as they were typed.
    texts = [argument.encode(errors="surrogateescape") for argument in arguments]
    noun = "argument" if len(texts) > 1 else ""
    lines = [Line(number, _one_line(text, f"Argument {number}"), number) for number, text in enumerate(texts, 1)]
    return Source("the command line", noun, _size_checked(lines, noun), len(texts))


def from_stream(stream: IO[bytes], name: str) -> Source:
    """NDJSON, an array of records, or one record over several lines: the stream's beginning decides."""
    raw_lines = _raw_lines(stream)
    head = list(_until_content(raw_lines))
    first = head[-1].strip() if head else b""
    if first.startswith(b"["):
        lines, total = _elements(b"".join(chain(head, raw_lines)), name)
        return Source(name, "record", _size_checked(lines, "record"), total)
    if not _is_json(first):
        head += _until_size(raw_lines, MAX_DOCUMENT)
        document = b"".join(head)
        if len(document) <= MAX_DOCUMENT and _is_json(document):
            return Source(name, "", iter([Line(1, _one_line(document, name), len(document))]), len(document))
    return Source(name, "line", _size_checked(_numbered(chain(head, raw_lines)), "line"), _size(stream))


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
        positions = list(_element_positions(text))
    except (ValueError, RecursionError) as error:
        raise CliError(
            f"{name} starts like a JSON array but is not one ({_reason(error)}); fix it, or write one record per line.",
            ExitCode.INVALID,
        ) from error
    lines = [Line(number, _flat(text[start:end].encode()), end) for number, (start, end) in enumerate(positions, 1)]
    return lines, len(text)


def _element_positions(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each element of a JSON array; raises JSONDecodeError."""
    decode = json.JSONDecoder().raw_decode
    end = _skip_whitespace(text, text.index("[") + 1)
    closed = text.startswith("]", end)
    while not closed:
        start = end
        _, end = decode(text, start)
        yield start, end
        end = _skip_whitespace(text, end)
        closed = text.startswith("]", end)
        if not closed and not text.startswith(",", end):
            raise json.JSONDecodeError("expecting a comma or a closing bracket", text, end)
        end = end if closed else _skip_whitespace(text, end + 1)
    end = _skip_whitespace(text, end + 1)
    if end != len(text):
        raise json.JSONDecodeError("something follows the array", text, end)


def _skip_whitespace(text: str, start: int) -> int:
    whitespace = _WHITESPACE.match(text, start)
    return whitespace.end() if whitespace else start


def _one_line(text: bytes, name: str) -> bytes:
    text = text.strip()
    if b"\n" not in text:
        return text
    try:
        json.loads(text.decode())
    except (ValueError, RecursionError) as error:
        raise CliError(
            f"{name} spans several lines and is not JSON ({_reason(error)}); fix it.", ExitCode.INVALID
        ) from error
    return _flat(text)


def _flat(text: bytes) -> bytes:
    """Valid JSON on one line: its line breaks are between values, never in a string."""
    return text.replace(b"\r", b" ").replace(b"\n", b" ")


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text.decode())
    except (ValueError, RecursionError):
        return False
    return True


def _reason(error: Exception) -> str:
    match error:
        case json.JSONDecodeError():
            return f"line {error.lineno}, column {error.colno}: {error.msg}"
        case UnicodeDecodeError():
            return "it is not UTF-8"
        case RecursionError():
            return "it is nested too deeply"
        case _:
            return str(error)


def _size(stream: IO[bytes]) -> int | None:
    try:
        status = os.fstat(stream.fileno())
    except io.UnsupportedOperation:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None
