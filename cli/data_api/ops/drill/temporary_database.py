"""Makes a database for the drill, waits until it can be read, and deletes it whatever happens.

Owns the one rule that matters most here: nothing is ever deleted but the database that this very call has asked
Google to make, under a name that has never been before.
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

_LONGEST_ID = 63  # of a database
_PAUSE = 10.0  # seconds between two looks at an operation; a restore takes minutes at least
_MOST_LOOKS = 5 * 3_600 / _PAUSE  # looks: a workflow of GitHub's ends after six hours
_BUSY = {"ABORTED", "FAILED_PRECONDITION", "RESOURCE_EXHAUSTED"}  # https://cloud.google.com/apis/design/errors
_LOOKS_FOR_UNKNOWN = 6  # after a call without an answer, which may have begun to make one: for a minute


@dataclass(frozen=True, slots=True)
class TemporaryDatabase:
    """Where databases are made, and how the waiting is done."""

    google: Google
    project: str
    pause: Callable[[float], None]  # seconds
    say: Callable[[str], None]


def fresh_id(database: str, now: datetime) -> str:
    """Begins like the live one, so that an operator knows it, and ends so that no other has the same."""
    ending = f"-drill-{now:%Y%m%d%H%M}-{secrets.token_hex(4)}"
    return database[: _LONGEST_ID - len(ending)].rstrip("-") + ending


@contextmanager
def restored(at: TemporaryDatabase, source: Source, new_id: str, progress: Callable[[float], None]) -> Iterator[str]:
    """The new database's name, once it can be read; afterwards it is gone. `progress` is from 0 to 1.

    Raises CliError when Google does not restore, and when the database cannot be deleted.
    """
    name = f"projects/{at.project}/databases/{new_id}"
    operation, may_exist = "", True
    try:
        try:
            path = f"/v1/projects/{at.project}/databases:{source.verb}"
            begun = at.google.change("POST", "firestore", path, body={"databaseId": new_id, **source.body})
        except GoogleError as error:
            may_exist = not error.is_rejection  # without an answer it may have been begun all the same
            raise
        operation = begun["name"]
        _finished(at, begun, progress)
        yield name
    finally:
        if may_exist:
            _delete(at, name, operation)


def _finished(at: TemporaryDatabase, operation: Json, progress: Callable[[float], None] = lambda _: None) -> None:
    """Waits for the end of an operation; raises CliError for a bad one, or for none in time."""
    looks = 0
    while not operation.get("done"):
        looks += 1
        if looks > _MOST_LOOKS:
            raise CliError(f"{operation['name']} has not ended after {_MOST_LOOKS * _PAUSE / 3_600:.0f} hours.")
        at.pause(_PAUSE)
        operation = at.google.get("firestore", f"/v1/{operation['name']}")
        done = operation.get("metadata", {}).get("progressPercentage", {})
        if int(done.get("estimatedWork", 0)):
            progress(min(1.0, int(done.get("completedWork", 0)) / int(done["estimatedWork"])))
    if error := operation.get("error"):
        raise CliError(f"Google could not do it: {error.get('message', error)}.")


def _delete(at: TemporaryDatabase, name: str, operation: str) -> None:
    """Raises CliError with the command that is left to a person, if it fails or is interrupted."""
    at.say(f"Deleting {name.rpartition('/')[2]} …")
    try:
        _deleted(at, name, operation)
    except (GoogleError, CliError, KeyboardInterrupt) as error:
        why = "interrupted" if isinstance(error, KeyboardInterrupt) else error.message
        new_id = name.rpartition("/")[2]
        raise CliError(
            f"The drill's database may still be there, and be paid for ({why}): "
            f"gcloud firestore databases delete --database={new_id} --project={at.project}"
        ) from error


def _deleted(at: TemporaryDatabase, name: str, operation: str) -> None:
    """Tries until the database is gone; an operation that still makes it is cancelled, once."""
    for look in range(int(_MOST_LOOKS)):
        try:
            _unprotect(at, name)
            _finished(at, at.google.change("DELETE", "firestore", f"/v1/{name}"))
        except GoogleError as error:
            if error.status == 404 and (operation or look >= _LOOKS_FOR_UNKNOWN):  # noqa: PLR2004 - HTTP's own number
                return
            if error.status != 404 and not _is_busy(error):  # noqa: PLR2004 - as above
                raise
            if look == 0 and operation:
                with suppress(GoogleError):  # it may have ended by now, or be past cancelling
                    at.google.change("POST", "firestore", f"/v1/{operation}:cancel", body={})
        else:
            return
        at.pause(_PAUSE)
    raise CliError(f"it has been busy for {_MOST_LOOKS * _PAUSE / 3_600:.0f} hours")


def _is_busy(error: GoogleError) -> bool:
    """While a database is being made it cannot be deleted, but soon."""
    return not error.is_rejection or error.reason in _BUSY


def _unprotect(at: TemporaryDatabase, name: str) -> None:
    """A copy may come with the protection of what it is a copy of."""
    response = at.google.get("firestore", f"/v1/{name}")
    if response.get("deleteProtectionState") == "DELETE_PROTECTION_ENABLED":
        body = {"name": name, "deleteProtectionState": "DELETE_PROTECTION_DISABLED"}
        mask = {"updateMask": "deleteProtectionState"}
        _finished(at, at.google.change("PATCH", "firestore", f"/v1/{name}", parameters=mask, body=body))
