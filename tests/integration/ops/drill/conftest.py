"""The restore drill, and two databases to compare: data in the Firestore emulator, an admin API with canned answers."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from data_api.ops.dependencies import Dependencies
from tests.support.functions.adapters import Emulator
from tests.support.ops.database_pair import DatabasePair
from tests.support.ops.firestore_admin import NOON, PROJECT, FirestoreAdmin
from tests.support.ops.restore_drill import ADA, HOUR, RestoreDrill, stored
from tests.support.servers import emulated_records, google_server


@pytest.fixture
def restore_drill(firestore: Emulator, tmp_path: Path) -> Iterator[RestoreDrill]:
    live, clock = f"live-{uuid4().hex[:8]}", [NOON + 2 * HOUR]
    records = {(ADA, uuid4().hex): stored(number) for number in range(3)}

    def pause(seconds: float) -> None:
        clock[0] += timedelta(seconds=seconds)

    with google_server.google_server() as server, emulated_records.databases(firestore) as reader:
        emulated_records.write(reader(f"projects/{PROJECT}/databases/{live}"), records)
        admin = FirestoreAdmin(server, live, lambda name: emulated_records.write(reader(name), records))
        admin.backup("newest", NOON)
        dependencies = Dependencies(
            address=server.address,
            authorization=google_server.authorization,
            reader=lambda _: reader,
            root=tmp_path,
            environ={"PATH": str(tmp_path)},
            pause=pause,
            now=lambda: clock[0],
        )
        yield RestoreDrill(admin, dependencies, reader, tmp_path)


@pytest.fixture
def pair(firestore: Emulator) -> Iterator[DatabasePair]:
    name = uuid4().hex[:8]
    with emulated_records.databases(firestore) as reader:
        yield DatabasePair(*(reader(f"projects/drill/databases/{kind}-{name}") for kind in ("live", "new")))
