"""The error that ends a command with a message for the user and without a traceback."""

from typing import IO, Any

import click

from data_api.shared.printable import printable

INTERRUPTED = 130  # the exit code after Ctrl-C, as in shells


class CliError(click.ClickException):
    """The message says what is wrong and what to do. click prints it and exits with 1."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Prints the message with control characters escaped, because it may quote a user's input."""
        message = printable(self.format_message(), keep="\n")
        click.echo(f"Error: {message}", file=file, err=file is None)
