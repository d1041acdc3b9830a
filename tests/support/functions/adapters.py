"""Connects the adapters of `dataapi.gcp` to emulators, for the length of a block, and gives twin and adapter one form.

Owns that a block begins and ends without clients of another one: each test has an event loop of its own, and a
client works in no other. Running the emulators is `contract/conftest.py`'s.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import pytest

from dataapi.gcp import dead_letter_store, publisher, record_store, settings
from dataapi.gcp.dead_letter_store import Keep, Recall, Refuse, Tell
from dataapi.gcp.publisher import Publish
from dataapi.gcp.record_store import Find, List, Save
from tests.support.functions import in_memory

PROJECT = "contract"
DATABASE = "records"


class Emulator(NamedTuple):
    """An emulator that runs."""

    host: str  # and port
    pid: int


class Store(NamedTuple):
    """What the functions know of a store."""

    save: Save
    find: Find
    list_: List


class Letters(NamedTuple):
    """What the functions know of dead letters."""

    refuse: Refuse
    recall: Recall
    tell: Tell
    keep: Keep


def twin(of: in_memory.Store) -> Store:
    """The store in memory."""
    return Store(of.save, of.find, of.list_)


def letters_twin(of: in_memory.Letters) -> Letters:
    """The dead letters in memory."""
    return Letters(of.refuse, of.recall, of.tell, of.keep)


@asynccontextmanager
async def letters_at(host: str, database: str = DATABASE) -> AsyncIterator[Letters]:
    """The adapter with the emulator at host:port behind it."""
    makers = (dead_letter_store.refuser, dead_letter_store.recaller, dead_letter_store.teller, dead_letter_store.keeper)
    async with store_at(host, database):
        _forget(makers)
        try:
            yield Letters(
                dead_letter_store.refuser(),
                dead_letter_store.recaller(),
                dead_letter_store.teller(),
                dead_letter_store.keeper(),
            )
        finally:
            _forget(makers)


@asynccontextmanager
async def store_at(host: str, database: str = DATABASE) -> AsyncIterator[Store]:
    """The adapter with the emulator at host:port behind it."""
    makers = (
        record_store.channel,
        record_store.database_name,
        record_store.saver,
        record_store.finder,
        record_store.lister,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(settings.PROJECT, PROJECT)
        patch.setenv(settings.DATABASE, database)
        patch.setenv(settings.FIRESTORE_EMULATOR, host)
        _forget(makers)
        try:
            yield Store(record_store.saver(), record_store.finder(), record_store.lister())
        finally:
            await record_store.channel().close(None)
            _forget(makers)


@asynccontextmanager
async def publisher_at(host: str, name: str) -> AsyncIterator[Publish]:
    """The adapter with a topic of the emulator at host:port behind it; whether there is such a topic is not asked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(settings.PROJECT, PROJECT)
        patch.setenv(settings.TOPIC, name)
        patch.setenv(settings.PUBSUB_EMULATOR, host)
        makers = (publisher.channel, publisher.publisher)
        _forget(makers)
        try:
            yield publisher.publisher()
        finally:
            await publisher.channel().close(None)
            _forget(makers)


def _forget(makers: Sequence[Any]) -> None:
    for maker in makers:
        maker.cache_clear()
