"""The order in which a run loads, stores and saves its records, and what the user reads about it."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from data_api.stack.data import persistence
from data_api.stack.data.backlog import Backlog
from data_api.stack.data.export import Export, Json
from data_api.stack.data.persistence import Persistence
from data_api.stack.data.undelivered import Undelivered

TRACE = "0af7651916cd43dd8448eb211c80319c"
MESSAGE = {
    "topic": "records",
    "message": {"data": "", "attributes": {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}},
}


@dataclass(frozen=True)
class Database(Export):
    """An export in memory."""

    folder: Path = Path()
    database: str = ""
    host: str = ""
    calls: list[object] = field(default_factory=list)
    last: list[Json] = field(default_factory=list)

    def load(self) -> str:
        self.calls.append("load")
        return "Loaded."

    def messages(self) -> list[Json]:
        return self.last

    def save(self, messages: Sequence[Json]) -> str:
        self.calls.append(("save", [*messages]))
        return "Saved."


@dataclass(frozen=True)
class Queue(Undelivered):
    """Messages in memory."""

    host: str = ""
    project: str = "p"
    waiting: list[Json] = field(default_factory=list)
    published: list[Json] = field(default_factory=list)
    error: Exception | None = None

    def stop_pushes(self) -> None:
        if self.error:
            raise self.error

    def pull(self) -> list[Json]:
        return [self.waiting.pop()] if self.waiting else []

    def publish(self, messages: Sequence[Json]) -> None:
        if self.error:
            raise self.error
        self.published.extend(messages)


@pytest.fixture(autouse=True)
def short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(persistence, "DRAIN_LIMIT", 0.01)
    monkeypatch.setattr(persistence, "PULL_LIMIT", 0.2)


def backlog(records: int) -> Backlog:
    result = Backlog("p")
    trace = f"projects/p/traces/{TRACE}"
    fields = {"message": "accepted", "records": records, "logging.googleapis.com/trace": trace}
    result.take(json.dumps(fields).encode())
    return result


async def test_nothing_is_saved_before_the_last_records_are_loaded_and_then_once() -> None:
    database, said, stop = Database(), list[str](), asyncio.Event()
    data = Persistence(database, Queue(), Backlog("p"), said.append, is_fresh=False)
    await data.save(stop)
    assert [] == database.calls

    await data.load()
    await data.drain(stop)
    await data.save(stop)
    await data.save(stop)
    assert ["load", ("save", [])] == database.calls
    assert ["Loaded.", "Saved."] == said


async def test_a_fresh_stack_loads_nothing_and_is_saved() -> None:
    database = Database(last=[MESSAGE])
    data = Persistence(database, Queue(), Backlog("p"), list[str]().append, is_fresh=True)
    await data.load()
    await data.save(asyncio.Event())
    assert [("save", [])] == database.calls


async def test_messages_that_wait_too_long_are_saved_and_delivered_in_the_next_run() -> None:
    database, said, stop = Database(), list[str](), asyncio.Event()
    data = Persistence(database, Queue(waiting=[MESSAGE] * 2), backlog(2), said.append, is_fresh=False)
    await data.load()
    await data.drain(stop)
    await data.save(stop)
    assert ["load", ("save", [MESSAGE] * 2)] == database.calls
    assert "2 records are not stored yet and will be after the next start." == said[2]

    queue, waiting = Queue(), Backlog("p")
    following = Persistence(Database(last=[MESSAGE] * 2), queue, waiting, said.append, is_fresh=False)
    await following.load()
    assert [MESSAGE] * 2 == queue.published
    assert 2 == waiting.size()
    assert "2 records are stored now that the last run had accepted but not stored." == said[-1]


async def test_records_without_a_message_are_reported_as_lost() -> None:
    said = list[str]()
    data = Persistence(Database(), Queue(waiting=[MESSAGE]), backlog(3), said.append, is_fresh=False)
    await data.load()
    await data.drain(asyncio.Event())
    assert said[-1].startswith("2 records are accepted but not stored")


async def test_messages_that_cannot_be_published_are_saved_again() -> None:
    database, said = Database(last=[MESSAGE]), list[str]()
    data = Persistence(database, Queue(error=OSError("no answer")), Backlog("p"), said.append, is_fresh=False)
    await data.load()
    await data.save(asyncio.Event())
    assert ["load", ("save", [MESSAGE])] == database.calls
    assert "1 record is not stored yet, and cannot be delivered now (no answer)." in said


async def test_another_stop_signal_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(persistence, "DRAIN_LIMIT", 3600.0)
    said, stop = list[str](), asyncio.Event()
    data = Persistence(None, Queue(), backlog(1), said.append, is_fresh=False)
    await data.load()
    draining = asyncio.create_task(data.drain(stop))
    while not said:  # noqa: ASYNC110 - it is said before the wait
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    stop.set()
    await asyncio.wait_for(draining, 10)
    assert said[-1].startswith("1 record is accepted but not stored")
