"""The error that ends a command with a message for the user and without a traceback.

Owns the exit codes. `data-api --help` lists them from here, and a script can tell by them what to do next.
"""

from collections.abc import Mapping
from enum import IntEnum
from http import HTTPStatus
from typing import IO, Any

import click

from data_api.shared.printable import printable

INTERRUPTED = 130  # the exit code after Ctrl-C, as in shells


class ExitCode(IntEnum):
    """The exit codes of all commands."""

    OTHER = 1
    USAGE = 2  # click's own
    NOT_SIGNED_IN = 3
    NOT_ALLOWED = 4
    NOT_FOUND = 5
    GONE = 6
    INVALID = 7
    UNAVAILABLE = 8


MEANINGS = {
    ExitCode.OTHER: "Any other problem.",
    ExitCode.USAGE: "The command line is wrong.",
    ExitCode.NOT_SIGNED_IN: "No credential, or it was rejected (401).",
    ExitCode.NOT_ALLOWED: "The credential lacks a role or permission (403).",
    ExitCode.NOT_FOUND: "It does not exist, or not yet (404).",
    ExitCode.GONE: "The record is a dead letter (410).",
    ExitCode.INVALID: "The records are invalid (400, 413, 415).",
    ExitCode.UNAVAILABLE: "No answer, or temporarily unavailable (429, 502, 503, 504).",
}

_OF_STATUS: Mapping[int, ExitCode] = {
    HTTPStatus.BAD_REQUEST: ExitCode.INVALID,
    HTTPStatus.UNAUTHORIZED: ExitCode.NOT_SIGNED_IN,
    HTTPStatus.FORBIDDEN: ExitCode.NOT_ALLOWED,
    HTTPStatus.NOT_FOUND: ExitCode.NOT_FOUND,
    HTTPStatus.GONE: ExitCode.GONE,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ExitCode.INVALID,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: ExitCode.INVALID,
    HTTPStatus.TOO_MANY_REQUESTS: ExitCode.UNAVAILABLE,
    HTTPStatus.BAD_GATEWAY: ExitCode.UNAVAILABLE,
    HTTPStatus.SERVICE_UNAVAILABLE: ExitCode.UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT: ExitCode.UNAVAILABLE,
}


def exit_code_of_status(status: int) -> ExitCode:
    """The exit code of a command that ends with this HTTP status; 0 means that no answer came."""
    return _OF_STATUS.get(status, ExitCode.OTHER) if status else ExitCode.UNAVAILABLE


class CliError(click.ClickException):
    """The message says what is wrong and what to do. click prints it and exits with `exit_code`."""

    def __init__(self, message: str, exit_code: int = ExitCode.OTHER) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc] # click declares it for the class, and reads it from the error

    def show(self, file: IO[Any] | None = None) -> None:
        """Prints the message with control characters escaped, because it may quote a user's input."""
        message = printable(self.format_message(), keep="\n")
        click.echo(f"Error: {message}", file=file, err=file is None)
