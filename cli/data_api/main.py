"""The program `data-api`: its commands, and how it finds them.

A command is imported only when it is called, so that `data-api --help` and each command load nothing that only
another command needs. The table repeats each command's short help; a test compares the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from itertools import groupby
from typing import Any

import click
from click.shell_completion import CompletionItem

from data_api.shared.errors import INTERRUPTED, MEANINGS
from data_api.shared.standard_output import cli_error_for_output

LOCAL, RECORDS, OPERATIONS = "Local stack", "Records", "Running a deployment"


@dataclass(frozen=True, slots=True)
class Listing:
    """One line of the help, and where the command is."""

    name: str
    section: str
    module: str
    attribute: str
    short_help: str


COMMANDS: Mapping[str, Listing] = {
    listing.name: listing
    for listing in (
        Listing("up", LOCAL, "data_api.stack.commands", "up", "Run the whole system on this machine until Ctrl-C."),
        Listing("down", LOCAL, "data_api.stack.down_command", "down", "Stop a local stack."),
        Listing("status", LOCAL, "data_api.status", "status", "Show whether a stack is healthy."),
        Listing(
            "reset",
            LOCAL,
            "data_api.stack.reset_command",
            "reset",
            "Delete the records that the local stack keeps.",
        ),
        Listing("trace", LOCAL, "data_api.trace", "trace", "Show what happened to one record."),
        Listing("token", LOCAL, "data_api.stack.token_command", "token", "Print a token for the local stack."),
        Listing("smoke", RECORDS, "data_api.smoke", "smoke", "Show that a stack stores a record and returns it."),
        Listing("send", RECORDS, "data_api.records.sending.command", "send", "Send records."),
        Listing("list", RECORDS, "data_api.records.commands", "list_records", "List your records, newest first."),
        Listing("get", RECORDS, "data_api.records.commands", "get", "Show one of your records."),
        Listing("delete", RECORDS, "data_api.records.following", "delete", "Delete records for good."),
        Listing(
            "example",
            RECORDS,
            "data_api.records.example_command",
            "example",
            "Print a record that the schema allows.",
        ),
        Listing("openapi", RECORDS, "data_api.openapi", "openapi", "Print the contract as one OpenAPI document."),
        Listing(
            "init",
            OPERATIONS,
            "data_api.ops.init.commands",
            "init",
            "Write the configuration that a deployment needs.",
        ),
        Listing(
            "logs", OPERATIONS, "data_api.ops.logs.commands", "logs", "Show the functions' log lines, oldest first."
        ),
        Listing(
            "dead-letters",
            OPERATIONS,
            "data_api.ops.dead_letters.commands",
            "dead_letters",
            "List, replay and discard dead letters.",
        ),
        Listing("cost", OPERATIONS, "data_api.pricing.commands", "cost", "Estimate what a stack costs in a month."),
        Listing("doctor", OPERATIONS, "data_api.doctor", "doctor", "Find what would make a deployment fail."),
        Listing("drill", OPERATIONS, "data_api.ops.commands", "drill", "Test that a backup can be restored."),
    )
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """The command; raises ClickException if it cannot be imported."""
        listing = COMMANDS.get(cmd_name)
        if listing is None:
            return None
        try:
            command: object = getattr(import_module(listing.module), listing.attribute)
        except (ImportError, AttributeError, SyntaxError) as error:
            raise click.ClickException(
                f"The command {cmd_name} cannot be loaded ({error}); run `make setup` to repair the installation."
            ) from error
        return command if isinstance(command, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first argument names; raises UsageError with the name that may be meant."""
        name = args[0]
        matches = [] if name in COMMANDS else get_close_matches(name, COMMANDS, n=1)
        if matches and not ctx.resilient_parsing:
            ctx.fail(f"There is no command {name}. Did you mean {matches[0]}?")
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The names that begin so, from the table: a shell waits for this at each key."""
        names = [
            CompletionItem(listing.name, help=listing.short_help)
            for listing in COMMANDS.values()
            if listing.name.startswith(incomplete)
        ]
        return names + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """The names and their short help, section by section, and the exit codes."""
        for section, listings in groupby(COMMANDS.values(), key=lambda listing: listing.section):
            with formatter.section(section):
                formatter.write_dl([(listing.name, listing.short_help) for listing in listings])
        with formatter.section("Exit codes"):
            formatter.write_dl([("0", "Done."), *((str(int(code)), meaning) for code, meaning in MEANINGS.items())])

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401 - click's signature
    ) -> click.Context:
        """Options such as --help print here already."""
        with cli_error_for_output():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> object:
        """Ctrl-C ends a command quietly, unless the command handles it itself."""
        try:
            with cli_error_for_output():
                return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo(err=True)
            raise click.exceptions.Exit(INTERRUPTED) from None


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="data-api", prog_name="data-api")
def main() -> None:
    """Post JSON records and read back exactly your own.

    Without --url the commands use the stack that `data-api up` runs on this machine.
    """


if __name__ == "__main__":
    main(prog_name="data-api")
