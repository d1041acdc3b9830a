"""Checks that no other database has the name of the stack's database.

`pulumi destroy` may leave a database behind. Then the next `pulumi up` fails with 409 when it creates the database.
"""

from collections.abc import Iterator

from data_api.ops import pulumi_cli
from data_api.ops.doctor.check_context import CheckContext
from data_api.ops.errors import GoogleError
from data_api.shared.check_result import OK, PROBLEM, UNKNOWN, CheckResult
from data_api.shared.errors import CliError


def database(context: CheckContext) -> Iterator[CheckResult]:
    """Checks that the name is free, or that the database is in the stack's state."""
    stack = context.stack
    try:
        context.google.get("firestore", f"/v1/projects/{stack.project}/databases/{stack.database}")
    except GoogleError as error:
        if error.status != 404 and error.reason != "SERVICE_DISABLED":  # noqa: PLR2004 - HTTP status
            raise
        yield CheckResult("database", OK, f"the name {stack.database} is free")
        return
    try:
        is_own = pulumi_cli.outputs(context.dependencies, stack.name).get("database") == stack.database
    except CliError:
        message = f"{stack.database} exists, but without Pulumi it is unknown whether it belongs to the stack"
        yield CheckResult("database", UNKNOWN, message)
        return
    if is_own:
        yield CheckResult("database", OK, f"{stack.database} belongs to the stack")
        return
    options = f"--database={stack.database} --project={stack.project}"
    yield CheckResult(
        "database",
        PROBLEM,
        f"{stack.database} exists and is not in the stack's state: Pulumi cannot create it",
        f"# if its data is no longer needed:\ngcloud firestore databases delete {options}",
    )
