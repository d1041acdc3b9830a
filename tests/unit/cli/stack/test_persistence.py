"""The order in which a run loads, stores and saves its records, and what the user reads about it."""

import asyncio
import json
from pathlib import Path

import pytest

from data_api.stack.data import persistence
from data_api.stack.data.backlog import Backlog
from data_api.stack.data.export import Export
from data_api.stack.data.persistence import Persistence


class Recorded(Export):
    """Records what it is asked to do; a stop signal can come first."""

    calls: list[str]
    stop: asyncio.Event | None = None

    def load(self) -> str:
        self.calls.append("load")
        return "Loaded."

    def save(self) -> str:
        self.calls.append("save")
        return "Saved."


def recorded(tmp_path: Path) -> Recorded:
    export = Recorded(tmp_path, "projects/p/databases/d", "127.0.0.1:1")
    object.__setattr__(export, "calls", [])
    return export


async def test_nothing_is_saved_before_the_last_records_are_loaded_and_then_once(tmp_path: Path) -> None:
    export, said, stop = recorded(tmp_path), list[str](), asyncio.Event()
    data = Persistence(export, Backlog(), said.append, is_fresh=False, drains=True)
    await data.save(stop)
    assert [] == export.calls

    await data.load()
    await data.drain(stop)
    await data.save(stop)
    await data.save(stop)
    assert ["load", "save"] == export.calls
    assert ["Loaded.", "Saved."] == said


async def test_a_fresh_stack_loads_nothing_and_is_saved(tmp_path: Path) -> None:
    export, said = recorded(tmp_path), list[str]()
    data = Persistence(export, Backlog(), said.append, is_fresh=True, drains=True)
    await data.load()
    await data.save(asyncio.Event())
    assert ["save"] == export.calls


async def test_records_that_wait_too_long_are_reported_with_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(persistence, "DRAIN_LIMIT", 0.01)
    said, backlog = list[str](), Backlog()
    backlog.take(json.dumps({"message": "accepted", "records": 2}).encode())
    data = Persistence(None, backlog, said.append, is_fresh=False, drains=True)
    await data.load()
    await data.drain(asyncio.Event())
    assert said[-1].startswith("2 records are accepted but not stored")


async def test_another_stop_signal_ends_the_wait() -> None:
    said, backlog, stop = list[str](), Backlog(), asyncio.Event()
    backlog.take(json.dumps({"message": "accepted", "records": 1}).encode())
    data = Persistence(None, backlog, said.append, is_fresh=False, drains=True)
    await data.load()
    draining = asyncio.create_task(data.drain(stop))
    while not said:  # noqa: ASYNC110 - it is said before the wait
        await asyncio.sleep(0)
    stop.set()
    await asyncio.wait_for(draining, persistence.DRAIN_LIMIT / 2)
    assert said[-1].startswith("1 record is accepted but not stored")
