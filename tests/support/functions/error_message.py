"""Collects the message of an error that a call raises, so that a test can compare a table of cases at once."""

from collections.abc import Callable


def error_message(error_type: type[Exception], call: Callable[..., object], *arguments: object) -> str | None:
    """The message, or None if the call raised nothing. An error of another type is not caught: it fails the test."""
    try:
        call(*arguments)
    except error_type as error:
        return str(error)
    return None
