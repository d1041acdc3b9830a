"""Checks that no database stands in the way: one of the stack's name that is not the stack's own.

`pulumi destroy` may leave a database behind, and the next `pulumi up` fails with 409 when it wants to make it.
"""

from collections.abc import Iterator

from data_api.ops import pulumi_cli
from data_api.ops.doctor.check_context import Surroundings
from data_api.ops.doctor.finding import UNKNOWN, WELL, WRONG, Finding
from data_api.ops.errors import GoogleError
from data_api.shared.errors import CliError


def database(around: Surroundings) -> Iterator[Finding]:
    """Whether the name is free, or the database in the stack's state."""
    stack = around.stack
    try:
        around.google.get("firestore", f"/v1/projects/{stack.project}/databases/{stack.database}")
    except GoogleError as fault:
        if fault.status != 404 and fault.reason != "SERVICE_DISABLED":  # noqa: PLR2004 - HTTP's own number
            raise
        yield Finding("database", WELL, f"the name {stack.database} is free")
        return
    try:
        is_own = pulumi_cli.outputs(around.outside, stack.name).get("database") == stack.database
    except CliError:
        yield Finding("database", UNKNOWN, f"{stack.database} exists; whether it is the stack's only Pulumi could tell")
        return
    if is_own:
        yield Finding("database", WELL, f"{stack.database} is the stack's own")
        return
    at = f"--database={stack.database} --project={stack.project}"
    yield Finding(
        "database",
        WRONG,
        f"{stack.database} exists and is not in the stack's state: Pulumi could not make it",
        f"# if nothing in it is worth keeping:\ngcloud firestore databases delete {at}",
    )
