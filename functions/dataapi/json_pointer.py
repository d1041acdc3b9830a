"""Writes JSON Pointers (RFC 6901) for error messages: only for what is wrong, and cut to a bounded length."""

from collections.abc import Iterable

MAX_LENGTH = 200  # characters; a name can be as long as its record, and an error names up to 100 places

# Where a value is: its parent's location and its name or index; None is the record itself. Cheaper than a string for
# each of the 100,000 values that a record can have.
Location = tuple["Location", str | int] | None


def pointer_to(location: Location) -> str:
    """The pointer to a location."""
    parts: list[str | int] = []
    while location is not None:
        location, part = location
        parts.append(part)
    return pointer(reversed(parts))


def pointer(parts: Iterable[str | int]) -> str:
    """The pointer of names and indexes, from the outermost on."""
    text = ""
    for part in parts:
        text += "/" + str(part)[:MAX_LENGTH].replace("~", "~0").replace("/", "~1")
        if len(text) > MAX_LENGTH:
            return text[:MAX_LENGTH] + "…"
    return text
