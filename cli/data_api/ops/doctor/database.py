"""Checks that no other database has the name that the stack's database needs.

`pulumi destroy` may leave a database behind, and the next `pulumi up` fails with 409 when it wants to make it.
"""

from collections.abc import Iterator

from data_api.ops import pulumi_cli
from data_api.ops.doctor.check_context import CheckContext
from data_api.ops.errors import GoogleError
from data_api.shared.check_result import OK, PROBLEM, UNKNOWN, CheckResult
from data_api.shared.errors import CliError


def database(context: CheckContext) -> Iterator[CheckResult]:
    """Whether the name is free, or the database in the stack's state."""
    stack = context.stack
    try:
        context.google.get("firestore", f"/v1/projects/{stack.project}/databases/{stack.database}")
    except GoogleError as error:
        if error.status != 404 and error.reason != "SERVICE_DISABLED":  # noqa: PLR2004 - HTTP's own number
            raise
        yield CheckResult("database", OK, f"the name {stack.database} is free")
        return
    try:
        is_own = pulumi_cli.outputs(context.dependencies, stack.name).get("database") == stack.database
    except CliError:
        yield CheckResult("database", UNKNOWN, f"{stack.database} exists; only Pulumi knows whether it is the stack's")
        return
    if is_own:
        yield CheckResult("database", OK, f"{stack.database} is the stack's own")
        return
    at = f"--database={stack.database} --project={stack.project}"
    yield CheckResult(
        "database",
        PROBLEM,
        f"{stack.database} exists and is not in the stack's state: Pulumi cannot create it",
        f"# if nothing in it is worth keeping:\ngcloud firestore databases delete {at}",
    )
