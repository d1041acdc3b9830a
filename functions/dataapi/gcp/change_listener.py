"""Tells waiting requests that a user's records may have changed, by Firestore's Listen streams.

Owns the streams of one instance: many requests share a stream, each with a target of its own. A stream lives as long as
a request waits for it, since an instance has a CPU only while it has requests. It is a signal only: who gets it reads
the changes by a query. A stream that is lost is opened again; until then nobody is told, and the wait ends by itself.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from grpc import aio

from dataapi.errors import TooManyRequests, Unavailable
from dataapi.gcp import record_documents
from dataapi.gcp.firestore import Firestore
from dataapi.gcp.values import TYPES, encoded
from dataapi.records.change_order import Cursor, Position

MAX_TARGETS = 100  # of a stream
MAX_WAITING_OF_A_USER = 20  # requests of one user in one instance: as many open tabs
_FIRST_PAUSE, _LAST_PAUSE = 0.1, 2.0  # seconds before a lost stream is opened again
_CURRENT = TYPES.TargetChange.pb().CURRENT
_ListenRequest, _Filter = TYPES.ListenRequest.pb(), TYPES.StructuredQuery.pb().Filter


def changed_since(moment: datetime) -> Any:  # noqa: ANN401  classes made by protobuf at run time
    """The filter for documents with this `changedAt` or a later one."""
    field_filter = {"field": {"field_path": "changedAt"}, "op": "GREATER_THAN_OR_EQUAL", "value": encoded(moment)}
    return _Filter(field_filter=field_filter)


@dataclass(slots=True, eq=False)
class _Target:
    parent: str  # the user's document
    cursor: Cursor
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class ChangeListener:
    """The streams of one instance, and the number of requests that may wait for them."""

    def __init__(self, firestore: Firestore, max_waiting: int) -> None:
        self._firestore = firestore
        self._max_waiting = max_waiting
        self._waiting: Counter[str] = Counter()  # by user
        self._streams: list[_Stream] = []

    @asynccontextmanager
    async def listening(self, user_id: str, cursor: Cursor) -> AsyncIterator[asyncio.Event]:
        """An event that is set when listening has begun, and by each later change, as long as the block lasts.

        Raises Unavailable if too many requests wait, and TooManyRequests if too many of this user do.
        """
        if self._waiting.total() >= self._max_waiting:
            raise Unavailable("Too many clients wait for changes. Retry, or ask without Prefer: wait.")
        if self._waiting[user_id] >= MAX_WAITING_OF_A_USER:
            raise TooManyRequests(2, {})
        self._waiting[user_id] += 1
        target = _Target(record_documents.user(self._firestore, user_id), cursor)
        stream = self._stream_with_room()
        number = stream.add(target)
        try:
            yield target.changed
        finally:
            self._waiting[user_id] -= 1
            self._waiting += Counter()  # forgets users of whom no request waits
            if stream.remove(number):
                self._streams.remove(stream)

    def _stream_with_room(self) -> "_Stream":
        for stream in self._streams:
            if stream.has_room:
                return stream
        self._streams.append(stream := _Stream(self._firestore))
        return stream


class _Stream:
    """One Listen stream with its targets; it begins with the first of them and ends with the last."""

    def __init__(self, firestore: Firestore) -> None:
        self._firestore = firestore
        self._targets: dict[int, _Target] = {}
        self._numbers = count(1)
        self._requests: asyncio.Queue[Any] = asyncio.Queue()
        self._task = asyncio.create_task(self._run())

    @property
    def has_room(self) -> bool:
        return len(self._targets) < MAX_TARGETS

    def add(self, target: _Target) -> int:
        """Begins to listen to a target and returns its number."""
        number = next(self._numbers)
        self._targets[number] = target
        self._requests.put_nowait(self._addition(number, target))
        return number

    def remove(self, number: int) -> bool:
        """Ends listening to a target; returns whether it was the last one, which ends the stream."""
        del self._targets[number]
        if self._targets:
            self._requests.put_nowait(_ListenRequest(database=self._firestore.database, remove_target=number))
            return False
        self._task.cancel()
        return True

    async def _run(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            call = self._firestore.listen(self._sent())
            try:
                async for answer in call:
                    if answer is None:  # grpc could not parse it: the stream is of no use any more
                        break
                    pause = _FIRST_PAUSE
                    self._tell(answer)
            except aio.AioRpcError:
                pass  # it is opened again
            finally:
                call.cancel()
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LAST_PAUSE)
            self._begin_again()

    def _begin_again(self) -> None:
        self._requests = asyncio.Queue()
        for number, target in self._targets.items():
            self._requests.put_nowait(self._addition(number, target))

    async def _sent(self) -> AsyncIterator[Any]:
        requests = self._requests
        while True:
            yield await requests.get()

    def _addition(self, number: int, target: _Target) -> Any:  # noqa: ANN401  as above
        query = {
            "from_": [{"collection_id": record_documents.COLLECTION}],
            "where": changed_since(target.cursor.read_from),
        }
        added = {"target_id": number, "query": {"parent": target.parent, "structured_query": query}}
        return _ListenRequest(database=self._firestore.database, add_target=added)

    def _tell(self, answer: Any) -> None:  # noqa: ANN401  as above
        kind = answer.WhichOneof("response_type")
        if kind == "target_change" and answer.target_change.target_change_type == _CURRENT:
            for number in answer.target_change.target_ids:
                if number in self._targets:
                    self._set(self._targets[number])
        if kind != "document_change":
            return
        document = answer.document_change.document
        position: Position = (record_documents.committed_at(document), record_documents.id_of(document))
        for number in answer.document_change.target_ids:
            target = self._targets.get(number)
            if target is not None and position > target.cursor.position:
                self._set(target)

    def _set(self, target: _Target) -> None:
        """Later with the emulator: it may tell of a change, once, before a query finds it."""
        asyncio.get_running_loop().call_later(self._firestore.read_delay.total_seconds(), target.changed.set)
