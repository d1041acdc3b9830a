"""Says which database is meant: the stack's, as Pulumi knows it, or the one that is named.

With both names given, Pulumi is not needed.
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


def named(dependencies: Dependencies, stack: str | None, project: str | None, database: str | None) -> Target:
    """Raises CliError if an option is missing, or the stack is not deployed."""
    if project and database:
        return Target(project, database)
    if not stack:
        raise CliError("Name the database: give --stack, or both --project and --database.")
    said = pulumi_cli.outputs(dependencies, stack)
    if missing := [each for each in ("project", "database") if each not in said]:
        raise CliError(
            f"The stack {stack} has no output {' and '.join(missing)}: deploy it with `pulumi up --stack {stack}`, or "
            "give --project and --database."
        )
    return Target(project or str(said["project"]), database or str(said["database"]))
