"""Carries out `init`: chooses the state, plans, runs the commands, and ends with the doctor.

Owns which environment the commands run in: the chosen state goes before what the shell says.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
from rich.console import Console

from data_api.ops import pulumi_cli
from data_api.ops.dependencies import Dependencies
from data_api.ops.doctor import report
from data_api.ops.doctor.stack_checks import check_stack
from data_api.ops.init import backend, preparation, stack_plan
from data_api.ops.init.changes import Change, carry_out, show
from data_api.ops.init.questions import Questions
from data_api.ops.init.stack_plan import Wanted
from data_api.ops.pulumi_stack import own_settings
from data_api.shared.printable import printable
from data_api.shared.program_name import program_name


@dataclass(frozen=True, slots=True)
class Initialization:
    """One run of the command."""

    dependencies: Dependencies
    backend: str | None  # as the option says it
    accepts_offers: bool
    is_dry: bool

    def of_stack(self, wanted: Wanted, outputs: Path | None) -> bool:
        """Whether the doctor is content; raises ClickException."""
        stack_plan.STACK.check(wanted.stack, "--stack")
        address, questions = self.backend, self._questions
        if outputs:
            created = preparation.read_outputs(outputs, wanted.stack)
            address = address or created.backend
            wanted = _with_defaults(wanted, created)
        address = backend.chosen(address, self.dependencies.environ, questions)
        existing = own_settings(self.dependencies.root, wanted.stack)
        planned = [
            *backend.login(address, self.dependencies.environ),
            *stack_plan.changes(self.dependencies, questions, existing, wanted, address),
        ]
        if not self._carried_out(planned, address):
            return True
        click.echo()
        if not report.show(check_stack(wanted.stack, self._at(address)), Console(highlight=False)):
            return False
        up, smoke = f"pulumi up --stack {wanted.stack}", f"{program_name()} smoke --stack {wanted.stack} --wait 5m"
        self._show_next(address, [f"commit Pulumi.{wanted.stack}.yaml"] if outputs else [up, smoke])
        return True

    def of_pipeline(self, wanted: Wanted, numbers: tuple[str, str]) -> bool:
        """True; raises ClickException."""
        questions = self._questions
        address = backend.chosen(self.backend, self.dependencies.environ, questions)
        existing = own_settings(self.dependencies.root / preparation.FOLDER, preparation.STACK)
        place = stack_plan.place(questions, existing, wanted.project, wanted.region)
        planned = [
            *backend.login(address, self.dependencies.environ),
            *preparation.changes(self.dependencies, questions, existing, place, numbers),
        ]
        if self._carried_out(planned, address):
            self._show_next(address, [f"pulumi -C {preparation.FOLDER} up"])
        return True

    @property
    def _questions(self) -> Questions:
        return Questions(self.dependencies.is_terminal(), self.accepts_offers or self.is_dry)

    def _at(self, address: str) -> Dependencies:
        """The commands use this state, whatever the shell says."""
        return replace(self.dependencies, environ={**self.dependencies.environ, backend.VARIABLE: address})

    def _carried_out(self, planned: Sequence[Change], address: str) -> bool:
        """Whether the commands ran; raises ClickException if one failed."""
        if self.is_dry:
            for line in self._shell_lines(address):
                click.echo(line)
            show(planned)
            return False
        carry_out(planned, self._questions, self._at(address))
        return True

    def _shell_lines(self, address: str) -> list[str]:
        """What the commands need of a shell that this program gives them itself."""
        has_passphrase = any(name in self.dependencies.environ for name in pulumi_cli.PASSPHRASES)
        return [*self._other_state(address), *([] if has_passphrase else [f"export {pulumi_cli.PASSPHRASES[0]}="])]

    def _other_state(self, address: str) -> list[str]:
        """The command for a shell whose variable names another state."""
        named = self.dependencies.environ.get(backend.VARIABLE)
        return [f"unset {backend.VARIABLE}"] if named and named != address else []

    def _show_next(self, address: str, steps: Sequence[str]) -> None:
        click.echo("\nNext:")
        for line in (*self._other_state(address), *steps):
            click.echo(f"    {printable(line)}")


def _with_defaults(wanted: Wanted, created: preparation.PipelineStack) -> Wanted:
    """What the options leave open is as the preparation has created it."""
    return replace(
        wanted,
        project=wanted.project or created.project,
        region=wanted.region or created.region,
        members=wanted.members or (created.deployer,),
        secrets_provider=wanted.secrets_provider or created.secrets_provider,
        is_of_pipeline=True,
    )
