"""Connects the adapters of `dataapi.gcp` to emulators or fake servers, for the length of a block.

Every block has its own channel: each test has an event loop of its own, and a channel works in no other.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dataapi import interfaces
from dataapi.gcp import settings
from dataapi.gcp.change_feed import ChangeFeed
from dataapi.gcp.dead_letter_store import DeadLetterStore
from dataapi.gcp.firestore import Firestore
from dataapi.gcp.publisher import Publisher
from dataapi.gcp.record_store import RecordStore
from dataapi.gcp.tombstones import Tombstones
from dataapi.telemetry.observer import Observer

PAGE = Path(__file__).parents[3] / "web"
PROJECT = "contract"
DATABASE = "records"


class Emulator(NamedTuple):
    """An emulator that runs."""

    host: str  # and port
    pid: int


@asynccontextmanager
async def firestore_at(host: str, database: str = DATABASE) -> AsyncIterator[Firestore]:
    """A database of the server at host:port."""
    firestore = Firestore(PROJECT, database, host)
    try:
        yield firestore
    finally:
        await firestore.channel.close(None)


@asynccontextmanager
async def record_store_at(host: str, database: str = DATABASE) -> AsyncIterator[RecordStore]:
    """The record store in a database of the server at host:port."""
    async with firestore_at(host, database) as firestore:
        yield RecordStore(firestore, Observer())


class Stores(NamedTuple):
    """What reads and changes the records of one database."""

    records: interfaces.RecordStore
    tombstones: interfaces.Tombstones
    changes: interfaces.ChangeFeed


@asynccontextmanager
async def stores_at(host: str, database: str = DATABASE, max_waiting: int = 1_000) -> AsyncIterator[Stores]:
    """All stores of records in a database of the server at host:port."""
    async with firestore_at(host, database) as firestore:
        observer = Observer()
        yield Stores(
            RecordStore(firestore, observer), Tombstones(firestore), ChangeFeed(firestore, observer, max_waiting)
        )


@asynccontextmanager
async def dead_letter_store_at(
    host: str, database: str = DATABASE, retention: timedelta | None = None
) -> AsyncIterator[DeadLetterStore]:
    """The dead-letter store in a database of the server at host:port."""
    async with firestore_at(host, database) as firestore:
        yield DeadLetterStore(firestore, retention)


@asynccontextmanager
async def publisher_at(host: str, topic: str) -> AsyncIterator[Publisher]:
    """The publisher to a topic of the server at host:port; the topic need not exist."""
    publisher = Publisher(PROJECT, topic, host, Observer())
    try:
        yield publisher
    finally:
        await publisher.channel.close(None)


@contextmanager
def environment(host: str, topic: str = "records", **environ: str) -> Iterator[pytest.MonkeyPatch]:
    """The settings of functions whose services are all at host:port."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            settings.PROJECT: PROJECT,
            settings.DATABASE: DATABASE,
            settings.TOPIC: topic,
            settings.PAGE_FOLDER: str(PAGE),
            settings.FIRESTORE_EMULATOR: host,
            settings.PUBSUB_EMULATOR: host,
            **environ,
        }.items():
            patch.setenv(name, value)
        yield patch


@asynccontextmanager
async def composed(*entry_files: Any, host: str, **environ: str) -> AsyncIterator[None]:  # noqa: ANN401  modules
    """The entry files as they compose themselves, with their services at host:port."""
    with environment(host, **environ):
        for entry_file in entry_files:
            entry_file.dependencies.cache_clear()
        try:
            yield
        finally:
            for entry_file in entry_files:
                await _close(entry_file.dependencies())
                entry_file.dependencies.cache_clear()


async def _close(dependencies: Any) -> None:  # noqa: ANN401  each entry file has its own
    publisher, records, checker = (getattr(dependencies, name, None) for name in ("publisher", "records", "checker"))
    if checker:
        await checker.stop()
    if publisher:
        await publisher.channel.close(None)
    if records:
        await records._firestore.channel.close(None)  # noqa: SLF001  the entry file owns it
