"""How a command ends when it cannot go on: one sentence for the person at the terminal, no traceback."""

import click

INTERRUPTED = 130  # the exit code after Ctrl-C, as shells have it


class CliError(click.ClickException):
    """The message says what is wrong and what to do. click prints it and exits with 1."""
