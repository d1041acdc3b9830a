"""Creates a database for the drill, waits until it can be read, and always deletes it.

The most important rule: it deletes no database but the one that this call has requested, which has a unique new name.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from data_api.ops.drill.source import Source
from data_api.ops.errors import GoogleError
from data_api.ops.google_api import Google, Json
from data_api.shared.errors import CliError

_MAX_ID_LENGTH = 63  # of a database
_POLL_INTERVAL = 10.0  # seconds; a restore takes at least minutes
_MAX_POLLS = 5 * 3_600 / _POLL_INTERVAL  # five hours, because a workflow of GitHub ends after six hours
_BUSY = {"ABORTED", "FAILED_PRECONDITION", "RESOURCE_EXHAUSTED"}  # https://cloud.google.com/apis/design/errors
# Polls (a minute) after a call without a response, in which case it is unknown whether the database will be created.
_POLLS_IF_UNKNOWN = 6


@dataclass(frozen=True, slots=True)
class TemporaryDatabases:
    """The project in which databases are created, and how to wait."""

    google: Google
    project: str
    pause: Callable[[float], None]  # seconds
    say: Callable[[str], None]


def unique_id(database: str, now: datetime) -> str:
    """An id that starts like that of the live database, so that operators recognize it, and is unique."""
    suffix = f"-drill-{now:%Y%m%d%H%M}-{secrets.token_hex(4)}"
    return database[: _MAX_ID_LENGTH - len(suffix)].rstrip("-") + suffix


@contextmanager
def restored(
    databases: TemporaryDatabases, source: Source, new_id: str, progress: Callable[[float], None]
) -> Iterator[str]:
    """Restores the source for the duration of the `with` block, and gives the new database's name.

    `progress` is called with the restored share, from 0 to 1. Raises CliError if Google cannot restore the source, or
    if the database cannot be deleted.
    """
    name = f"projects/{databases.project}/databases/{new_id}"
    operation_name, may_exist = "", True
    try:
        try:
            path = f"/v1/projects/{databases.project}/databases:{source.verb}"
            operation = databases.google.change("POST", "firestore", path, body={"databaseId": new_id, **source.body})
        except GoogleError as error:
            may_exist = not error.is_rejection  # without a response, the restore may have started anyway
            raise
        operation_name = operation["name"]
        _wait_for(databases, operation, progress)
        yield name
    finally:
        if may_exist:
            _delete(databases, name, operation_name)


def _wait_for(
    databases: TemporaryDatabases, operation: Json, progress: Callable[[float], None] = lambda _: None
) -> None:
    """Waits for the end of an operation; raises CliError if it fails or takes too long."""
    polls = 0
    while not operation.get("done"):
        polls += 1
        if polls > _MAX_POLLS:
            raise CliError(f"{operation['name']} has not ended after {_MAX_POLLS * _POLL_INTERVAL / 3_600:.0f} hours.")
        databases.pause(_POLL_INTERVAL)
        operation = databases.google.get("firestore", f"/v1/{operation['name']}")
        work = operation.get("metadata", {}).get("progressPercentage", {})
        if int(work.get("estimatedWork", 0)):
            progress(min(1.0, int(work.get("completedWork", 0)) / int(work["estimatedWork"])))
    if error := operation.get("error"):
        raise CliError(f"The operation at Google failed: {error.get('message', error)}.")


def _delete(databases: TemporaryDatabases, name: str, operation_name: str) -> None:
    """Raises CliError with the command for the user, if the deletion fails or is interrupted."""
    new_id = name.rpartition("/")[2]
    databases.say(f"Deleting {new_id} …")
    try:
        _delete_until_gone(databases, name, operation_name)
    except (GoogleError, CliError, KeyboardInterrupt) as error:
        reason = "interrupted" if isinstance(error, KeyboardInterrupt) else error.message
        raise CliError(
            f"The drill's database may still exist and be billed ({reason}). Delete it: "
            f"gcloud firestore databases delete --database={new_id} --project={databases.project}"
        ) from error


def _delete_until_gone(databases: TemporaryDatabases, name: str, operation_name: str) -> None:
    """Tries until the database does not exist; cancels once the operation that may still be creating it."""
    for attempt in range(int(_MAX_POLLS)):
        try:
            _unprotect(databases, name)
            _wait_for(databases, databases.google.change("DELETE", "firestore", f"/v1/{name}"))
        except GoogleError as error:
            is_missing = error.status == 404  # noqa: PLR2004 - HTTP status
            if is_missing and (operation_name or attempt >= _POLLS_IF_UNKNOWN):
                return
            if not is_missing and not _is_busy(error):
                raise
            if attempt == 0 and operation_name:
                with suppress(GoogleError):  # it may have ended, or be too late to cancel
                    databases.google.change("POST", "firestore", f"/v1/{operation_name}:cancel", body={})
        else:
            return
        databases.pause(_POLL_INTERVAL)
    raise CliError(f"it has been busy for {_MAX_POLLS * _POLL_INTERVAL / 3_600:.0f} hours")


def _is_busy(error: GoogleError) -> bool:
    """Whether the deletion may succeed later: a database that is being created cannot be deleted yet."""
    return not error.is_rejection or error.reason in _BUSY


def _unprotect(databases: TemporaryDatabases, name: str) -> None:
    """Disables the delete protection, which a copy may have from its original."""
    response = databases.google.get("firestore", f"/v1/{name}")
    if response.get("deleteProtectionState") == "DELETE_PROTECTION_ENABLED":
        body = {"name": name, "deleteProtectionState": "DELETE_PROTECTION_DISABLED"}
        mask = {"updateMask": "deleteProtectionState"}
        _wait_for(databases, databases.google.change("PATCH", "firestore", f"/v1/{name}", parameters=mask, body=body))
