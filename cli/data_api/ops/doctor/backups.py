"""Checks that a recoverable stack has a backup of yesterday or today.

Google has no metric and no log line for a scheduled backup that failed, so only the list of backups shows it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from data_api.ops.doctor.check_context import CheckContext
from data_api.ops.drill.source import newest_backup
from data_api.ops.errors import GoogleError
from data_api.ops.google_api import Json, moment, written
from data_api.shared.check_result import OK, PROBLEM, CheckResult
from data_api.shared.errors import CliError

MAX_AGE = timedelta(hours=36)  # of the newest backup: one is made each day, at a time that Google chooses
_NAME = "backups"


def backups(context: CheckContext) -> Iterator[CheckResult]:
    """The age of the newest backup."""
    stack, now = context.stack, context.dependencies.now()
    if not stack.is_recoverable:
        yield CheckResult(_NAME, OK, "the stack has none (recoverable is false)")
        return
    try:
        database = context.google.get("firestore", f"/v1/projects/{stack.project}/databases/{stack.database}")
    except GoogleError as error:
        if error.status != 404 and error.reason != "SERVICE_DISABLED":  # noqa: PLR2004 - HTTP status
            raise
        yield CheckResult(_NAME, OK, "there is no database yet")
        return
    newest = _snapshot(context, database)
    options = f"--database={stack.database} --project={stack.project}"
    fix = f"gcloud firestore backups schedules list {options}\npulumi up --stack {stack.name} --refresh"
    if newest is not None and now - newest <= MAX_AGE:
        yield CheckResult(_NAME, OK, f"the newest is of {written(newest)}")
    elif newest is not None:
        yield CheckResult(_NAME, PROBLEM, f"the newest is of {written(newest)}: later ones failed", fix)
    elif now - moment(database["createTime"]) <= MAX_AGE:
        yield CheckResult(_NAME, OK, "the first is made within a day after the database")
    else:
        yield CheckResult(_NAME, PROBLEM, f"no backup of {stack.database} exists", fix)


def _snapshot(context: CheckContext, database: Json) -> datetime | None:
    """The time of the newest backup; None without one."""
    try:
        return newest_backup(context.google, context.stack.project, database).snapshot
    except GoogleError:
        raise
    except CliError:
        return None
