"""How a command ends when it cannot go on: one sentence for the person at the terminal, no traceback."""

from typing import IO, Any

import click

from data_api.shared.printable import printable

INTERRUPTED = 130  # the exit code after Ctrl-C, as shells have it


class CliError(click.ClickException):
    """The message says what is wrong and what to do. click prints it and exits with 1."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Prints the message; what it quotes cannot control the terminal."""
        message = printable(self.format_message(), keep="\n")
        click.echo(f"Error: {message}", file=file, err=file is None)
