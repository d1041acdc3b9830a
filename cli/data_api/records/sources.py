"""Reads the records that a user wants to send: arguments, a JSON file, or NDJSON from a file or a pipe.

Owns telling these forms apart and the number by which a record is called when it is refused. NDJSON is read line
by line, however long it is; a JSON array is read whole. What a record may hold is the API's to judge: text is
passed on digit by digit, and refused here only where it cannot be cut into records.
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

from data_api.records.batches import MAX_BYTES, Line
from data_api.shared.errors import CliError

MAX_DOCUMENT = 2**20  # bytes: where one record over several lines is looked for; the API takes 256 KiB
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_GAP = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True)
class Source:
    """Records and what to call them."""

    name: str  # as in "events.ndjson holds no records"
    noun: str  # as in "line 17"; empty where there is one record and so nothing to number
    lines: Iterator[Line]
    total: int | None  # the `end` of the last line, if it is known beforehand


def from_arguments(arguments: Iterable[str]) -> Source:
    """One record an argument; raises CliError where one cannot be brought onto a line."""
    # The reverse of how Python reads arguments: bytes that are no UTF-8 reach the API as they were typed.
    texts = [argument.encode(errors="surrogateescape") for argument in arguments]
    noun = "argument" if len(texts) > 1 else ""
    lines = [Line(number, _one_line(text, f"Argument {number}"), number) for number, text in enumerate(texts, 1)]
    return Source("the command line", noun, _bounded(lines, noun), len(texts))


def from_stream(stream: IO[bytes], name: str) -> Source:
    """NDJSON, an array of records, or one record over several lines: the stream's beginning decides."""
    raw = _raw_lines(stream)
    head = list(_up_to_content(raw))
    first = head[-1].strip() if head else b""
    if first.startswith(b"["):
        lines, total = _elements(b"".join(chain(head, raw)), name)
        return Source(name, "record", _bounded(lines, "record"), total)
    if not _is_json(first):
        head += _up_to_size(raw, MAX_DOCUMENT)
        whole = b"".join(head)
        if len(whole) <= MAX_DOCUMENT and _is_json(whole):
            return Source(name, "", iter([Line(1, _one_line(whole, name), len(whole))]), len(whole))
    return Source(name, "line", _bounded(_numbered(chain(head, raw)), "line"), _size(stream))


def _raw_lines(stream: IO[bytes]) -> Iterator[bytes]:
    """The stream's lines; one that is too long to send comes in pieces, of which the first is too long already."""
    lines = iter(partial(stream.readline, MAX_BYTES + 2), b"")
    yield next(lines, b"").removeprefix(_BYTE_ORDER_MARK)
    yield from lines


def _up_to_content(raw: Iterator[bytes]) -> Iterator[bytes]:
    for line in raw:
        yield line
        if line.strip():
            return


def _up_to_size(raw: Iterator[bytes], size: int) -> Iterator[bytes]:
    for line in raw:
        yield line
        size -= len(line)
        if size < 0:
            return


def _numbered(raw: Iterable[bytes]) -> Iterator[Line]:
    """The lines that are not blank, which are none to the API either."""
    end = 0
    for number, line in enumerate(raw, 1):
        end += len(line)
        if text := line.strip():
            yield Line(number, text, end)


def _bounded(lines: Iterable[Line], noun: str) -> Iterator[Line]:
    for line in lines:
        if len(line.text) > MAX_BYTES:
            which = f"{noun.capitalize()} {line.number}" if noun else "The record"
            raise CliError(f"{which} is over {MAX_BYTES:,} bytes, more than one request may contain; shorten it.")
        yield line


def _elements(whole: bytes, name: str) -> tuple[list[Line], int]:
    """The elements of a JSON array as they are written, and the length of its text; all before any is sent."""
    try:
        text = whole.decode()
        ends = list(_slices(text))
    except (ValueError, RecursionError) as error:
        raise CliError(
            f"{name} begins like a JSON array but is not valid JSON ({_reason(error)}); "
            "fix it, or write one record a line."
        ) from error
    lines = [Line(number, _flat(text[start:end].encode()), end) for number, (start, end) in enumerate(ends, 1)]
    return lines, len(text)


def _slices(text: str) -> Iterator[tuple[int, int]]:
    """Where each element of a JSON array begins and ends; raises JSONDecodeError."""
    decode = json.JSONDecoder().raw_decode
    end = _behind_gap(text, text.index("[") + 1)
    closed = text.startswith("]", end)
    while not closed:
        start = end
        _, end = decode(text, start)
        yield start, end
        end = _behind_gap(text, end)
        closed = text.startswith("]", end)
        if not closed and not text.startswith(",", end):
            raise json.JSONDecodeError("expecting a comma or a closing bracket", text, end)
        end = end if closed else _behind_gap(text, end + 1)
    end = _behind_gap(text, end + 1)
    if end != len(text):
        raise json.JSONDecodeError("unexpected text after the array", text, end)


def _behind_gap(text: str, start: int) -> int:
    gap = _GAP.match(text, start)
    return gap.end() if gap else start


def _one_line(text: bytes, name: str) -> bytes:
    text = text.strip()
    if b"\n" not in text:
        return text
    try:
        json.loads(text.decode())
    except (ValueError, RecursionError) as error:
        raise CliError(f"{name} has several lines and is not valid JSON ({_reason(error)}); fix it.") from error
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
