"""Looks at JSON as text: whether it is valid, where an array's elements are, how it fits on one line.

The text of a record is never changed but for line breaks between its values: what is sent is what was written.
"""

import json
import re
from collections.abc import Iterator

_WHITESPACE = re.compile(r"[ \t\r\n]*")


def problem_of(text: bytes) -> str | None:
    """Why a text is not JSON; None if it is. Less strict than the API, which has the last word."""
    try:
        json.loads(text.decode())
    except (ValueError, RecursionError) as error:
        return reason_of(error)
    return None


def reason_of(error: Exception) -> str:
    """What a parser's error says, in words for the user."""
    match error:
        case json.JSONDecodeError():
            return f"line {error.lineno}, column {error.colno}: {error.msg}"
        case UnicodeDecodeError():
            return "it is not UTF-8"
        case RecursionError():
            return "it is nested too deeply"
        case _:
            return str(error)


def on_one_line(text: bytes) -> bytes:
    """Valid JSON on one line: its line breaks are between values, never in a string."""
    return text.strip().replace(b"\r", b" ").replace(b"\n", b" ")


def element_positions(text: str) -> Iterator[tuple[int, int]]:
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
