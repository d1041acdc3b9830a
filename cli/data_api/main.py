"""Is the program `data-api`: finds the command that is asked for, loads it, calls it.

Owns the list of commands in the help, and how the program ends when it is interrupted. Commands come from the
entry points of pyproject.toml and are loaded one at a time, so that none needs what another imports.
Leaves the list itself to `catalog.py`, and what a command does to its own module.
"""

from itertools import groupby

import click

from data_api import catalog
from data_api.shared.errors import INTERRUPTED


class Commands(click.Group):
    """A group whose members are entry points."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, in the order of the help."""
        return [command.name for command in catalog.listed()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """The command, loaded; raises ClickException if it cannot be."""
        entry = catalog.entries().get(cmd_name)
        if entry is None:
            return None
        try:
            command: object = entry.load()
        except (ImportError, AttributeError) as fault:
            raise click.ClickException(
                f"The command {cmd_name} cannot be loaded ({fault}); run `make setup` to repair the installation."
            ) from fault
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """The names and their short help, section by section."""
        commands = catalog.listed()
        limit = formatter.width - 6 - max(len(command.name) for command in commands)
        for section, members in groupby(commands, key=lambda command: command.section):
            with formatter.section(section):
                formatter.write_dl([(each.name, _short_help(each, limit)) for each in members])

    def invoke(self, ctx: click.Context) -> object:
        """The command's own end; Ctrl-C ends it quietly where the command says nothing itself."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo(err=True)
            raise click.exceptions.Exit(INTERRUPTED) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="data-api", prog_name="data-api")
def main() -> None:
    """Post JSON records and read back exactly your own.

    Without --url the commands speak to the stack that `data-api up` runs on this machine.
    """


def _short_help(command: catalog.Listed, limit: int) -> str:
    """What click would make of the docstring, had it loaded the command."""
    return click.Command(command.name, help=command.doc).get_short_help_str(limit)


if __name__ == "__main__":
    main(prog_name="data-api")
