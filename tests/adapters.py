"""Connects the adapters of `dataapi.gcp` to emulators, for the length of a block, and gives twin and adapter one form.

Owns that a block begins and ends without clients of another one: each test has an event loop of its own, and a
client works in no other. Running the emulators is `contract/conftest.py`'s.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import pytest

from dataapi.gcp import letters, settings, store, topic
from dataapi.gcp.letters import Keep, Recall, Refuse, Tell
from dataapi.gcp.store import Find, List, Save
from dataapi.gcp.topic import Publish
from tests import fakes

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


def twin(of: fakes.Store) -> Store:
    """The store in memory."""
    return Store(of.save, of.find, of.list_)


def letters_twin(of: fakes.Letters) -> Letters:
    """The dead letters in memory."""
    return Letters(of.refuse, of.recall, of.tell, of.keep)


@asynccontextmanager
async def letters_at(host: str, database: str = DATABASE) -> AsyncIterator[Letters]:
    """The adapter with the emulator at host:port behind it."""
    makers = (letters.refuser, letters.recaller, letters.teller, letters.keeper)
    async with store_at(host, database):
        _forget(makers)
        try:
            yield Letters(letters.refuser(), letters.recaller(), letters.teller(), letters.keeper())
        finally:
            _forget(makers)


@asynccontextmanager
async def store_at(host: str, database: str = DATABASE) -> AsyncIterator[Store]:
    """The adapter with the emulator at host:port behind it."""
    makers = (store.channel, store.database_name, store.saver, store.finder, store.lister)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(settings.PROJECT, PROJECT)
        patch.setenv(settings.DATABASE, database)
        patch.setenv(settings.FIRESTORE_EMULATOR, host)
        _forget(makers)
        try:
            yield Store(store.saver(), store.finder(), store.lister())
        finally:
            await store.channel().close(None)
            _forget(makers)


@asynccontextmanager
async def publisher_at(host: str, name: str) -> AsyncIterator[Publish]:
    """The adapter with a topic of the emulator at host:port behind it; whether there is such a topic is not asked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(settings.PROJECT, PROJECT)
        patch.setenv(settings.TOPIC, name)
        patch.setenv(settings.PUBSUB_EMULATOR, host)
        makers = (topic.channel, topic.publisher)
        _forget(makers)
        try:
            yield topic.publisher()
        finally:
            await topic.channel().close(None)
            _forget(makers)


def _forget(makers: Sequence[Any]) -> None:
    for maker in makers:
        maker.cache_clear()
