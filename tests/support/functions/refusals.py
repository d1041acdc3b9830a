"""Tells what a call was refused with, so that a table of cases is held against what is expected all at once."""

from collections.abc import Callable


def refusal(kind: type[Exception], call: Callable[..., object], *arguments: object) -> str | None:
    """The message, or None where nothing was refused. A fault of another kind goes on: it fails the test."""
    try:
        call(*arguments)
    except kind as fault:
        return str(fault)
    return None
