"""The restore drill, ready to run, and the records of its live database."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from click.testing import CliRunner, Result

from data_api.ops.commands import drill
from data_api.ops.dependencies import Dependencies
from data_api.ops.drill.documents import Database
from tests.support.ops.firestore_admin import NOON, PROJECT, FirestoreAdmin, Json
from tests.support.servers import emulated_records

ADA = "ada@accounts.google.com"
HOUR = timedelta(hours=1)


@dataclass
class RestoreDrill:
    """A live database with three records, and a backup of it from noon."""

    firestore: FirestoreAdmin
    dependencies: Dependencies
    reader: Callable[[str], Database]
    folder: Path

    def run(self, *arguments: str, named: bool = True) -> Result:
        names = ["--project", PROJECT, "--database", self.firestore.live] if named else []
        return CliRunner().invoke(drill, ["restore", *names, *arguments], obj=self.dependencies)

    def set_pause(self, pause: Callable[[float], None]) -> None:
        self.dependencies = replace(self.dependencies, pause=pause)

    def write(self, name: str, records: dict[tuple[str, str], Json]) -> None:
        emulated_records.write(self.reader(name), records)


def stored(number: int) -> Json:
    """The fields of a record that was stored an hour before the backup."""
    created = NOON - HOUR + timedelta(minutes=number)
    return {"createdAt": created, "changedAt": created, "data": {"number": number}}
