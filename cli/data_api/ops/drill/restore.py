"""Runs the drill: finds the source, restores it, compares the databases, deletes the new one, and reports the result.

Owns the order of the steps, the measured times and the format of the report.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import GoogleAuthError

from data_api.ops.drill.comparison import ComparisonOptions, Difference, Tally, compare
from data_api.ops.drill.documents import Database
from data_api.ops.drill.progress import Progress
from data_api.ops.drill.source import Source, expiry, live_database, newest_backup, point_in_time
from data_api.ops.drill.temporary_database import TemporaryDatabases, restored, unique_id
from data_api.ops.google_api import Google, written
from data_api.shared.errors import CliError


@dataclass(frozen=True, slots=True)
class DrillOptions:
    """The options of a drill."""

    project: str
    database: str
    at: datetime | None  # a whole minute; None for the newest backup
    sample: int


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a drill."""

    database: str
    source: Source
    age: timedelta  # of the data when the drill started: in a disaster, the changes of this time would be lost
    restoring: timedelta  # from the request until the database could be read: in a disaster, the downtime
    comparing: timedelta
    tally: Tally

    @property
    def is_ok(self) -> bool:
        """Whether records were compared, and none is different."""
        return not self.tally.different and bool(self.tally.read)

    def as_json(self) -> dict[str, Any]:
        """The report as JSON; durations are in seconds."""
        return {
            "ok": self.is_ok,
            "database": self.database,
            "source": self.source.title,
            "snapshotTime": written(self.source.snapshot),
            "ageSeconds": round(self.age.total_seconds()),
            "restoringSeconds": round(self.restoring.total_seconds()),
            "comparingSeconds": round(self.comparing.total_seconds()),
            "users": self.tally.users,
            "usersSampled": self.tally.sampled,
            "recordsCounted": self.tally.counted,
            "recordsCompared": self.tally.read,
            "differences": self.tally.different,
            "named": [asdict(difference) for difference in self.tally.differences],
        }


@dataclass(frozen=True, slots=True)
class DrillServices:
    """The services that a drill uses."""

    google: Google  # creates and deletes databases
    open_database: Callable[[str], Database]  # for reading, by name
    now: Callable[[], datetime]
    pause: Callable[[float], None]  # seconds
    progress: Progress


def drill(options: DrillOptions, services: DrillServices) -> Report:
    """Runs the drill until the new database is deleted; raises CliError if a step fails."""
    google, now, progress = services.google, services.now, services.progress
    started_at = now()
    live = live_database(google, options.project, options.database)
    source = point_in_time(live, options.at, started_at) if options.at else newest_backup(google, options.project, live)
    expiry_rule = expiry(google, live)
    new_id = unique_id(options.database, started_at)
    progress.say(f"Restoring {source.title} into {new_id} …")
    temporary_databases = TemporaryDatabases(google, options.project, services.pause, progress.say)
    with restored(temporary_databases, source, new_id, progress.restoring) as name:
        restored_at = now()
        comparison = ComparisonOptions(source.snapshot, restored_at, options.sample, expiry_rule)
        progress.say("Comparing it with the live database …")
        tally = _compare(services.open_database(live["name"]), services.open_database(name), comparison, progress)
        compared_at = now()
    return Report(
        database=options.database,
        source=source,
        age=started_at - source.snapshot,
        restoring=restored_at - started_at,
        comparing=compared_at - restored_at,
        tally=tally,
    )


def _compare(live: Database, copy: Database, options: ComparisonOptions, progress: Progress) -> Tally:
    try:
        return compare(live, copy, options, progress.comparing)
    except (GoogleAPIError, GoogleAuthError) as error:
        raise CliError(f"The databases cannot be compared: {getattr(error, 'message', '') or error}") from error


def as_text(report: Report) -> list[str]:
    """The lines of the report for people."""
    tally = report.tally
    compared = f"{tally.read:,} of {tally.counted:,} records of {tally.users:,} users"
    lines = [
        f"Restored: {report.source.title}",
        f"Age of the data: {_duration(report.age)} (from {written(report.source.snapshot)})",
        f"Time to restore: {_duration(report.restoring)}",
        f"Compared: {compared} in {_duration(report.comparing)}",
    ]
    if tally.sampled:
        lines.append(f"Of {tally.sampled:,} users only a sample was read; all records were counted.")
    lines += [_difference(difference) for difference in tally.differences]
    return [*lines, _conclusion(tally)]


def _conclusion(tally: Tally) -> str:
    if tally.different:
        return f"The restored database differs from the live one in {tally.different:,} records."
    if not tally.read:
        return "Neither database has a record from before the snapshot, so the drill tested nothing."
    return "The backup can be restored: no record is missing, changed or extra."


def _difference(difference: Difference) -> str:
    return f"  {difference.kind}: users/{difference.user}/records/{difference.record}"


def _duration(time: timedelta) -> str:
    """As in 3 h 07 min, 4 min 05 s, 9 s."""
    seconds = max(0, round(time.total_seconds()))
    hours, minutes = divmod(seconds // 60, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {seconds % 60:02} s" if minutes else f"{seconds} s"
