"""Finds what to restore: the newest backup of the live database, or its data at a past minute (point-in-time recovery).

It reads the description of the live database, its backups and its expiry rule, and makes the body of the restore call.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from data_api.ops.drill.comparison import Expiry
from data_api.ops.errors import GoogleError
from data_api.ops.google_api import Google, Json, moment, written
from data_api.shared.errors import CliError


@dataclass(frozen=True, slots=True)
class Source:
    """What to restore, and the call that restores it."""

    snapshot: datetime
    title: str  # for people
    verb: str  # restore or clone
    body: Json  # of the call, without the new database's id


def live_database(google: Google, project: str, database: str) -> Json:
    """The description of a database; raises CliError if it does not exist."""
    try:
        return google.get("firestore", f"/v1/projects/{project}/databases/{database}")
    except GoogleError as error:
        if error.status == 404:  # noqa: PLR2004 - HTTP status
            raise CliError(f"There is no database {database} in {project}: correct --database or --project.") from error
        raise


def newest_backup(google: Google, project: str, live: Json) -> Source:
    """The newest backup; raises CliError without a backup.

    Backups are selected by the database's uid, because a deleted database may have had the same name.
    """
    path = f"/v1/projects/{project}/locations/{live['locationId']}/backups"
    response = google.get("firestore", path, {"filter": f'database_uid="{live["uid"]}"'})
    ready = [
        backup
        for backup in response.get("backups", [])
        if backup["state"] == "READY" and backup["databaseUid"] == live["uid"]
    ]
    if not ready:
        raise CliError(
            f"There is no backup of {_id(live)} in {live['locationId']}: the first is made within a day after "
            "`pulumi config set recoverable true` and `pulumi up`. Until then, give a time with --at."
        )
    newest = max(ready, key=lambda backup: moment(backup["snapshotTime"]))
    snapshot = moment(newest["snapshotTime"])
    return Source(snapshot, f"backup {newest['name'].rpartition('/')[2]}", "restore", {"backup": newest["name"]})


def point_in_time(live: Json, at: datetime, now: datetime) -> Source:
    """The data at a whole minute; raises CliError if the database cannot restore it."""
    earliest = moment(live["earliestVersionTime"])
    if not earliest <= at < now:
        raise CliError(
            f"{_id(live)} can be restored to the whole minutes from {written(earliest)} until now: give one of these "
            "with --at, or omit --at to restore the newest backup."
        )
    snapshot = {"database": live["name"], "snapshotTime": written(at)}
    return Source(at, f"the database as it was at {written(at)}", "clone", {"pitrSnapshot": snapshot})


def expiry(google: Google, live: Json) -> Expiry | None:
    """The rule by which Firestore deletes old records (TTL policy), or None."""
    path = f"/v1/{live['name']}/collectionGroups/records/fields"
    for field in google.get("firestore", path, {"filter": "ttlConfig:*"}).get("fields", []):
        if rule := field.get("ttlConfig"):
            seconds = float(rule.get("expirationOffset", "0s").removesuffix("s"))
            return Expiry(field["name"].rpartition("/")[2], timedelta(seconds=seconds))
    return None


def _id(live: Json) -> str:
    return str(live["name"].rpartition("/")[2])
