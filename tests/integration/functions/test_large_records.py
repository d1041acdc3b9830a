"""Large records are encoded, decoded and checked where the event loop is free for other requests."""

import base64
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

import persist
from dataapi.gcp import record_documents, record_store
from dataapi.large import LARGE
from dataapi.messages import push
from dataapi.records import firestore_limits, record
from dataapi.records.pagination import Query
from tests.support.functions import adapters
from tests.support.functions.adapters import Emulator
from tests.support.functions.calls import answer, request
from tests.support.functions.examples import new_user

WORK = (
    (push, "parse"),
    (record, "from_message"),
    (firestore_limits, "violation_summary"),
    (record_store, "encode"),
    (record_documents, "decoded"),
)
CREATED = "2026-01-31T12:00:00Z"


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[bool]]:
    """By function, whether the calls were made in the thread of the event loop."""
    threads: dict[str, set[bool]] = {name: set() for _, name in WORK}

    def noting(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any) -> Any:  # noqa: ANN401  of any function
            threads[name].add(threading.current_thread() is threading.main_thread())
            return function(*arguments)

        return called

    for module, name in WORK:
        monkeypatch.setattr(module, name, noting(name, getattr(module, name)))
    return threads


@pytest.mark.parametrize("size", [100, LARGE])
async def test_the_work_for_a_large_record_is_done_in_a_thread(
    size: int, firestore: Emulator, done: dict[str, set[bool]]
) -> None:
    user_id, record_id = new_user(), "0" * 32
    message = {"id": record_id, "userId": user_id, "createdAt": CREATED, "data": {"text": "x" * size}}
    data = base64.b64encode(json.dumps(message).encode()).decode()
    body = json.dumps({"subscription": "s", "message": {"messageId": "1", "data": data}}).encode()
    async with adapters.composed(persist, host=firestore.host), adapters.record_store_at(firestore.host) as store:
        assert 204 == (await answer(persist.persist, request("POST", "/", body=body))).status_code
        page = await store.list(user_id, Query())
        assert [await store.get(user_id, record_id)] == page.records
    assert {name: {size < LARGE} for name in done} == done
