"""A plan: the commands that change something, each with its reason; how it is shown and carried out.

Owns that nothing which is there is replaced unless a person agrees, or --yes is given.
"""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

import click

from data_api.ops import pulumi_cli
from data_api.ops.dependencies import Dependencies
from data_api.ops.init.questions import Questions
from data_api.shared.errors import CliError
from data_api.shared.printable import printable
from data_api.shared.programs import NOT_FOUND


@dataclass(frozen=True, slots=True)
class Change:
    """One command, and why. `old` is the value that it replaces by `new`; empty if nothing is there."""

    command: tuple[str, ...]
    reason: str = ""
    old: str = ""
    new: str = ""

    @property
    def line(self) -> str:
        """As a person types it."""
        return printable(shlex.join(self.command))

    def described(self) -> list[str]:
        """The line below its reason, which is a comment of the shell."""
        replaced = [f"# {self.old} → {self.new}"] if self.old else []
        return [printable(line) for line in [*([f"# {self.reason}"] if self.reason else []), *replaced]] + [self.line]


def show(changes: Sequence[Change]) -> None:
    """As lines that can be pasted into a shell."""
    for change in changes:
        for line in change.described():
            click.echo(line)


def carry_out(changes: Sequence[Change], questions: Questions, dependencies: Dependencies) -> None:
    """Asks if something is replaced, or if a person can answer; raises UsageError, Abort or CliError."""
    if questions.asks:
        show(changes)
    replaced = [printable(f"{change.old} → {change.new}") for change in changes if change.old]
    if not questions.agrees("Run these commands?", replaced):
        raise click.Abort
    for change in changes:
        for line in [change.line] if questions.asks else change.described():
            click.echo(line if line.startswith("#") else f"$ {line}")
        _run(change.command, dependencies)


def _run(command: Sequence[str], dependencies: Dependencies) -> None:
    if command[0] == "pulumi":
        pulumi_cli.change(dependencies, command[1:])
        return
    completed = dependencies.run(command)
    if completed.exit_code == NOT_FOUND:
        raise CliError(f"{command[0]} is not installed: https://cloud.google.com/sdk/docs/install")
    if completed.exit_code:
        reason = " ".join(completed.stderr.split())
        raise CliError(f"`{shlex.join(command)}` failed ({reason}); fix it and run the same command again.")
