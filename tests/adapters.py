"""Connects the adapters of `dataapi.gcp` to emulators, for the length of a block, and gives twin and adapter one form.

Owns that a block begins and ends without clients of another one: each test has an event loop of its own, and a
client works in no other. Running the emulators is `contract/conftest.py`'s.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import pytest
from google.pubsub_v1.services.publisher import PublisherAsyncClient

from dataapi.gcp import settings, store, topic
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


def twin(of: fakes.Store) -> Store:
    """The store in memory."""
    return Store(of.save, of.find, of.list_)


@asynccontextmanager
async def store_at(host: str) -> AsyncIterator[Store]:
    """The adapter with the emulator at host:port behind it."""
    firestore: Any = store._firestore  # noqa: SLF001  its channel has to be closed
    makers = (firestore, store.saver, store.finder, store.lister)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(settings.PROJECT, PROJECT)
        patch.setenv(settings.DATABASE, DATABASE)
        patch.setenv(settings.FIRESTORE_EMULATOR, host)
        _forget(makers)
        try:
            yield Store(store.saver(), store.finder(), store.lister())
        finally:
            await firestore().client.transport.close()
            _forget(makers)


@asynccontextmanager
async def publisher_at(host: str, name: str) -> AsyncIterator[Publish]:
    """The adapter with a topic of the emulator at host:port behind it; whether there is such a topic is not asked."""
    made: list[PublisherAsyncClient] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(settings.PROJECT, PROJECT)
        patch.setenv(settings.TOPIC, name)
        patch.setenv(settings.PUBSUB_EMULATOR, host)
        patch.setattr(topic, "_client", _noting(made, topic._client))  # noqa: SLF001  its channel has to be closed
        topic.publisher.cache_clear()
        try:
            yield topic.publisher()
        finally:
            topic.publisher.cache_clear()
            for client in made:
                await client.transport.close()  # type: ignore[no-untyped-call]  # google-cloud-pubsub leaves it out


def _noting(made: list[PublisherAsyncClient], make: Callable[[], PublisherAsyncClient]) -> Callable[[], Any]:
    def noted() -> PublisherAsyncClient:
        made.append(make())
        return made[-1]

    return noted


def _forget(makers: Sequence[Any]) -> None:
    for maker in makers:
        maker.cache_clear()
