"""Finds the live database: that of a stack, from Pulumi's outputs, or that of the options.

Pulumi is not needed if both --project and --database are given.
"""

from dataclasses import dataclass

from data_api.ops import pulumi_cli
from data_api.ops.dependencies import Dependencies
from data_api.shared.errors import CliError


@dataclass(frozen=True, slots=True)
class Target:
    """A live database."""

    project: str
    database: str


def target(dependencies: Dependencies, stack: str | None, project: str | None, database: str | None) -> Target:
    """The database; raises CliError if an option is missing or the stack is not deployed."""
    if project and database:
        return Target(project, database)
    if not stack:
        raise CliError("Name the database: give --stack, or both --project and --database.")
    outputs = pulumi_cli.outputs(dependencies, stack)
    if missing := [output for output in ("project", "database") if output not in outputs]:
        raise CliError(
            f"The stack {stack} has no output {' and '.join(missing)}: deploy it with `pulumi up --stack {stack}`, or "
            "give --project and --database."
        )
    return Target(project or str(outputs["project"]), database or str(outputs["database"]))
