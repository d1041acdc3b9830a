"""Makes text safe to print: no character of a record, a log line or a server's response may control the terminal."""

import json
from collections.abc import Callable
from typing import Any


def printable(text: str, keep: str = "") -> str:
    r"""The text with control, bidirectional and separator characters escaped, as in \x1b, except those in `keep`."""
    return _escaped(text, keep, lambda character: character.encode("unicode_escape").decode())


def json_text(value: Any, indent: int | None = None) -> str:  # noqa: ANN401 - whatever JSON can hold
    """JSON in one line, or indented, with the same characters escaped as in JSON."""
    separators = (",", ":") if indent is None else None
    text = json.dumps(value, ensure_ascii=False, separators=separators, indent=indent)
    return _escaped(text, "\n", lambda character: json.dumps(character)[1:-1])


def _escaped(text: str, keep: str, escape: Callable[[str], str]) -> str:
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() or character in keep else escape(character) for character in text
    )
