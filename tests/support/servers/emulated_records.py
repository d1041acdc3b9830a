"""Reads and writes databases of the Firestore emulator as the restore drill sees them: documents of users."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from google.cloud.firestore_v1 import types

from data_api.ops.drill import documents
from data_api.ops.drill.documents import Database
from dataapi.gcp.values import encoded
from tests.support.functions.adapters import Emulator

Json = Any  # what a test stores it knows

OWNER = (("authorization", "Bearer owner"),)  # whom the emulator lets do everything
_AT_ONCE = 400


@contextmanager
def databases(emulator: Emulator) -> Iterator[Callable[[str], Database]]:
    """Gives a database by its name."""
    client = documents.client_of_emulator(emulator.host)
    with client:
        yield lambda name: Database(client, name, OWNER)


def write(database: Database, records: Mapping[tuple[str, str], Json]) -> None:
    """Fields of documents, by user and id."""
    _commit(database, [types.Write.pb()(update=_document(database, *at, fields)) for at, fields in records.items()])


def delete(database: Database, user: str, record: str) -> None:
    _commit(database, [types.Write.pb()(delete=f"{database.user(user)}/records/{record}")])


def _document(database: Database, user: str, record: str, fields: Json) -> Any:  # noqa: ANN401 - made by protobuf at run time
    name = f"{database.user(user)}/records/{record}"
    return types.Document.pb()(name=name, fields={field: encoded(value) for field, value in fields.items()})


def _commit(database: Database, writes: list[Any]) -> None:
    for start in range(0, len(writes), _AT_ONCE):
        request = types.CommitRequest.pb()(database=database.name, writes=writes[start : start + _AT_ONCE])
        database.client.commit(types.CommitRequest.wrap(request), metadata=database.metadata)
