"""Runs the drill: finds what to restore, restores it, compares, deletes; and judges the outcome.

Owns the order, the times that are taken and the form of the report.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import GoogleAuthError

from data_api.ops.drill.comparison import Difference, Tally, Terms, compare
from data_api.ops.drill.documents import Database
from data_api.ops.drill.progress import Progress
from data_api.ops.drill.source import Source, expiry, live_database, newest_backup, point_in_time
from data_api.ops.drill.temporary_database import TemporaryDatabase, fresh_id, restored
from data_api.ops.google_api import Google, written
from data_api.shared.errors import CliError


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be drilled."""

    project: str
    database: str
    at: datetime | None  # a whole minute; without it the newest backup
    sample: int


@dataclass(frozen=True, slots=True)
class Report:
    """What the drill has shown."""

    database: str
    source: Source
    age: timedelta  # of the data when the drill began: what would have been lost
    restoring: timedelta  # from the request until it could be read: how long all would have stood still
    comparing: timedelta
    tally: Tally

    @property
    def is_ok(self) -> bool:
        """Nothing differs, and there was something that could."""
        return not self.tally.off and bool(self.tally.read)

    def as_json(self) -> dict[str, Any]:
        """Durations in seconds."""
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
            "differences": self.tally.off,
            "named": [asdict(difference) for difference in self.tally.named],
        }


@dataclass(frozen=True, slots=True)
class Means:
    """What the drill is held with."""

    google: Google  # makes and deletes databases
    reader: Callable[[str], Database]  # of a database, by its name
    now: Callable[[], datetime]
    pause: Callable[[float], None]  # seconds
    progress: Progress


def drill(order: Order, means: Means) -> Report:
    """The report, when the new database is gone; raises CliError where the drill cannot be held to its end."""
    google, now, progress = means.google, means.now, means.progress
    began = now()
    live = live_database(google, order.project, order.database)
    source = point_in_time(live, order.at, began) if order.at else newest_backup(google, order.project, live)
    rule = expiry(google, live)
    new_id = fresh_id(order.database, began)
    progress.say(f"Restoring {source.title} into {new_id} …")
    workplace = TemporaryDatabase(google, order.project, means.pause, progress.say)
    with restored(workplace, source, new_id, progress.restoring) as name:
        readable = now()
        terms = Terms(source.snapshot, readable, order.sample, rule)
        progress.say("Comparing it with the live database …")
        tally = _compared(means.reader(live["name"]), means.reader(name), terms, progress)
        compared = now()
    return Report(order.database, source, began - source.snapshot, readable - began, compared - readable, tally)


def _compared(live: Database, copy: Database, terms: Terms, progress: Progress) -> Tally:
    try:
        return compare(live, copy, terms, progress.comparing)
    except (GoogleAPIError, GoogleAuthError) as error:
        raise CliError(f"The databases cannot be compared: {getattr(error, 'message', '') or error}") from error


def described(report: Report) -> list[str]:
    """The report for people, a line each."""
    tally = report.tally
    lines = [
        f"Restored: {report.source.title}",
        f"Age of the data: {_span(report.age)} (taken {written(report.source.snapshot)})",
        f"Until it could be read: {_span(report.restoring)}",
        f"Compared: {tally.read:,} of {tally.counted:,} records of {tally.users:,} users in {_span(report.comparing)}",
    ]
    if tally.sampled:
        lines.append(f"Of {tally.sampled:,} users only a sample was read; all records were counted.")
    lines += [_named(difference) for difference in tally.named]
    return [*lines, _verdict(tally)]


def _verdict(tally: Tally) -> str:
    if tally.off:
        return f"The restored database differs from the live one in {tally.off:,} records."
    if not tally.read:
        return "Neither database has a record from before the snapshot: the drill proved nothing."
    return "The backup can be restored: no record is missing, changed or extra."


def _named(difference: Difference) -> str:
    return f"  {difference.kind}: users/{difference.user}/records/{difference.record}"


def _span(time: timedelta) -> str:
    """As in 3 h 07 min, 4 min 05 s, 9 s."""
    seconds = max(0, round(time.total_seconds()))
    hours, minutes = divmod(seconds // 60, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {seconds % 60:02} s" if minutes else f"{seconds} s"
