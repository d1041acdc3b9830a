"""Names the build of the functions, so that a build that failed is requested again: which archive, since when.

Cloud Functions builds a function if its build configuration has changed. If the build fails, Pulumi's state has the new
archive all the same, and the next `pulumi up` would see no change. Therefore the name of the build has the time of the
request. The stack exports the name when all functions are deployed; a deployment that finds the name of another archive
there, or none, makes a new name: docs/decisions/0018-failed-builds.md.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pulumi

OUTPUT = "build"  # of the stack
VARIABLE = "BUILD"  # in the environment of each build, and of the function that came of it


def build_name(archive: str) -> pulumi.Output[str]:
    """As in `functions-0123456789abcdef.zip 2026-01-31T12:00:00+00:00`."""
    own_name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    last_deployment = pulumi.StackReference("last-deployment", stack_name=own_name)
    new_name = f"{archive} {datetime.now(UTC).isoformat(timespec='seconds')}"
    return last_deployment.get_output(OUTPUT).apply(lambda last: last if _is_of(last, archive) else new_name)


def export_build(name: pulumi.Output[str], after: Sequence[pulumi.Output[Any]]) -> None:
    """Exports the name once all outputs `after` are known: an `up` that fails earlier keeps the output of the last."""
    pulumi.export(OUTPUT, pulumi.Output.all(name, *after).apply(lambda resolved: resolved[0]))


def _is_of(name: object, archive: str) -> bool:
    return isinstance(name, str) and name.partition(" ")[0] == archive
