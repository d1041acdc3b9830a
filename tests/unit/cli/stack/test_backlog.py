"""Which accepted records are not stored yet."""

import asyncio
import json

import pytest

from data_api.stack.data import backlog
from data_api.stack.data.backlog import Backlog


def line(event: str, trace: str, **fields: object) -> bytes:
    return json.dumps(
        {"message": event, "logging.googleapis.com/trace": f"projects/p/traces/{trace}", **fields}
    ).encode()


def test_a_record_waits_until_it_is_stored_or_dead_lettered() -> None:
    waiting = Backlog("p")
    waiting.take(line("accepted", "a", records=3))
    waiting.take(line("accepted", "b", records=1))
    assert 4 == waiting.size()

    waiting.take(line("stored", "a", messageId="1"))
    waiting.take(line("stored", "a", messageId="1"))  # delivered again
    waiting.take(line("rejected", "a", messageId="2"))
    assert 3 == waiting.size()

    waiting.take(line("duplicate", "a", messageId="3"))
    waiting.take(line("dead_lettered", "a", messageId="4"))
    waiting.take(line("stored", "b", messageId="5"))
    assert 0 == waiting.size()


def test_a_record_may_be_stored_before_its_acceptance_is_logged() -> None:
    waiting = Backlog("p")
    waiting.take(line("stored", "a", messageId="1"))
    waiting.take(line("accepted", "a", records=1))
    assert 0 == waiting.size()


def test_a_record_of_an_earlier_run_waits_until_it_is_stored() -> None:
    waiting = Backlog("p")
    waiting.expect("a")
    waiting.expect("a")
    waiting.take(line("stored", "a", messageId="1"))
    assert 1 == waiting.size()


def test_messages_that_others_publish_take_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "MAX_EARLY", 2)
    waiting = Backlog("p")
    for trace in ("a", "b", "c", "d"):
        waiting.take(line("stored", trace, messageId=trace))
    for trace in ("a", "d"):
        waiting.take(line("accepted", trace, records=1))
    assert 1 == waiting.size()


@pytest.mark.parametrize("text", [b"", b"Traceback", b"[1]", b'{"message": "accepted"', b'{"message": "received"}'])
def test_other_lines_are_ignored(text: bytes) -> None:
    waiting = Backlog("p")
    waiting.take(text)
    assert 0 == waiting.size()


async def test_the_wait_ends_when_the_last_record_is_stored() -> None:
    waiting = Backlog("p")
    waiting.take(line("accepted", "a", records=1))
    ended = asyncio.create_task(waiting.wait_until_empty())
    await asyncio.sleep(0)
    assert not ended.done()
    waiting.take(line("stored", "a", messageId="1"))
    await asyncio.wait_for(ended, 10)
