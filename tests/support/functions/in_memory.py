"""Implements `dataapi.interfaces` in memory: fakes of Pub/Sub and Firestore.

Requests share calls as in the adapters, with the adapters' own limits, so that a test meets the same groups here. The
tests in `contract/` run against fakes and adapters alike.
"""

import asyncio
import copy
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Self

from dataapi.errors import DeletedError, Unavailable, UnstorableRecord
from dataapi.gcp.publisher import FRAMING, PUBLISH_LIMITS
from dataapi.gcp.record_store import REJECTED, WRITE_LIMITS
from dataapi.group_commit import GroupCommit, GroupRejectedError
from dataapi.interfaces import Saved
from dataapi.messages import dead_letter
from dataapi.messages.dead_letter import DeadLetter, Failure
from dataapi.records import change_order, firestore_limits
from dataapi.records.change_order import EPOCH, Change, Reading
from dataapi.records.change_order import Page as ChangesPage
from dataapi.records.changes import ChangesQuery, check_age
from dataapi.records.pagination import MAX_PAGE_BYTES, Cursor, Page, Query
from dataapi.records.record import SCHEMA_VERSION, Record
from dataapi.trace_context import Trace


@dataclass(frozen=True)
class Message:
    """A message as a subscription gets it."""

    data: bytes
    attributes: dict[str, str]


@dataclass
class Publisher:
    """Pub/Sub, with one topic. While `error` is set, every call raises it."""

    messages: list[Message] = field(default_factory=list)
    error: Exception | None = None

    def __post_init__(self) -> None:
        self._group_commit = GroupCommit(self._send, PUBLISH_LIMITS)

    async def publish(self, messages: Sequence[bytes], trace: Trace) -> int:
        attributes = {"schemaVersion": SCHEMA_VERSION, "traceparent": trace.traceparent()}
        entry = [Message(data, attributes) for data in messages]
        _, group_size = await self._group_commit.submit(entry, sum(len(data) + FRAMING for data in messages))
        return group_size

    async def _send(self, messages: Sequence[Message]) -> Sequence[None]:
        if self.error:
            raise self.error
        self.messages.extend(messages)
        return [None for _ in messages]


@dataclass
class RecordStore:
    """Firestore, with one database. While `error` is set, every call raises it."""

    documents: dict[tuple[str, str], Record] = field(default_factory=dict)  # by user and id
    changes: dict[tuple[str, str], Change] = field(default_factory=dict)  # the latest of each record
    listeners: list[asyncio.Event] = field(default_factory=list)  # set by every change of any user
    error: Exception | None = None
    reads: int = 0

    def __post_init__(self) -> None:
        self._group_commit = GroupCommit(self._send, WRITE_LIMITS)
        self._latest = EPOCH

    async def save(self, record: Record) -> Saved:
        try:
            duplicates, group_size = await self._group_commit.submit([record], size=0)  # bytes do not count here
        except GroupRejectedError as error:
            raise UnstorableRecord(REJECTED) from error
        return Saved(duplicates[0], group_size)

    async def get(self, user_id: str, record_id: str) -> Record | None:
        self.read()
        if self.is_tombstone(user_id, record_id):
            raise DeletedError
        return copy.deepcopy(self.documents.get((user_id, record_id)))

    async def list(self, user_id: str, query: Query) -> Page:
        self.read()
        own = [
            record for (owner, _), record in self.documents.items() if owner == user_id and _is_within(record, query)
        ]
        own.sort(key=_position, reverse=query.newest_first)
        sizes = accumulate(len(json.dumps(record.data)) for record in own)
        fitting = max(1, sum(size <= MAX_PAGE_BYTES for size in sizes))
        page = own[: min(query.size, fitting)]
        return Page(copy.deepcopy(page), has_more=len(page) < len(own))

    async def _send(self, records: Sequence[Record]) -> Sequence[bool]:
        if self.error:
            raise self.error
        if any(firestore_limits.violations(record.data) for record in records):
            raise GroupRejectedError
        return [self._is_duplicate(record) for record in records]

    def _is_duplicate(self, record: Record) -> bool:
        """Stores the record, unless it is a duplicate."""
        if (record.user_id, record.id) in self.changes:
            return True
        self.documents[record.user_id, record.id] = copy.deepcopy(record)
        self.change(record.user_id, record.id, record)
        return False

    def change(self, user_id: str, record_id: str, record: Record | None) -> None:
        """Notes the latest change of a record: stored, or deleted."""
        moment = self.now()
        size = len(json.dumps(record.data)) if record else 0
        self.changes[user_id, record_id] = Change(record_id, moment, moment, size, copy.deepcopy(record))
        for listener in self.listeners:
            listener.set()

    def is_tombstone(self, user_id: str, record_id: str) -> bool:
        change = self.changes.get((user_id, record_id))
        return change is not None and change.record is None

    def now(self) -> datetime:
        """A time after all earlier ones."""
        self._latest = max(datetime.now(UTC), self._latest + timedelta(microseconds=1))
        return self._latest

    def read(self) -> None:
        self.reads += 1
        if self.error:
            raise self.error


@dataclass
class Tombstones:
    """The tombstones among the records of a store."""

    records: RecordStore
    error: Exception | None = None  # while it is set, every call raises it

    async def delete(self, user_id: str, record_id: str) -> None:
        self._raise_error()
        if not self.records.is_tombstone(user_id, record_id):
            self.records.documents.pop((user_id, record_id), None)
            self.records.change(user_id, record_id, None)

    async def is_deleted(self, user_id: str, record_id: str) -> bool:
        self._raise_error()
        return self.records.is_tombstone(user_id, record_id)

    def _raise_error(self) -> None:
        if self.error:
            raise self.error


@dataclass
class ChangeFeed:
    """The changes of a store, which is also its own listener."""

    records: RecordStore
    max_waiting: int = 1_000

    @property
    def listener(self) -> Self:
        return self

    async def page(self, user_id: str, query: ChangesQuery) -> ChangesPage:
        self.records.read()
        read_time = self.records.now()
        if query.from_now_on:
            return ChangesPage([], change_order.at_the_end(read_time))
        reading = Reading(query.after, query.size, MAX_PAGE_BYTES)
        if query.after:
            check_age(query.after, read_time)
        since = query.after.read_from if query.after else EPOCH
        results = [
            change
            for (user, _), change in self.records.changes.items()
            if user == user_id and change.changed_at >= since
        ]
        reading.add(copy.deepcopy(results), read_time, has_more=False)
        assert reading.page
        return reading.page

    @asynccontextmanager
    async def listening(self, user_id: str, cursor: change_order.Cursor) -> AsyncIterator[asyncio.Event]:
        if len(self.records.listeners) >= self.max_waiting:
            raise Unavailable("Too many clients wait for changes. Retry, or ask without Prefer: wait.")
        changed = asyncio.Event()
        self.records.listeners.append(changed)
        positions = [change.position for (user, _), change in self.records.changes.items() if user == user_id]
        if max(positions, default=cursor.position) > cursor.position:
            changed.set()
        try:
            yield changed
        finally:
            self.records.listeners.remove(changed)


@dataclass
class StoredDeadLetter:
    """A dead letter with all its failures."""

    letter: DeadLetter
    failures: list[Failure]
    is_replayed: bool = False


@dataclass
class DeadLetterStore:
    """Firestore's dead letters. While `error` is set, every call raises it."""

    documents: dict[str, StoredDeadLetter] = field(default_factory=dict)
    rejections: dict[str, str] = field(default_factory=dict)
    error: Exception | None = None
    reads: int = 0  # of `reason_for`

    async def save(self, letter: DeadLetter) -> str:
        self._raise_error()
        first = self.documents.get(letter.id)
        id_ = letter.id if first is None or first.letter.digest == letter.digest else letter.own_id
        stored = self.documents.get(id_)
        failures = dead_letter.merged(stored.failures if stored else [], letter.failure)
        if failures is not None:
            self.documents[id_] = StoredDeadLetter(stored.letter if stored else letter, failures)
        return id_

    async def reason_for(self, user_id: str, record_id: str) -> str | None:
        self.reads += 1
        self._raise_error()
        stored = self.documents.get(dead_letter.id_of_record(user_id, record_id))
        return None if stored is None or stored.is_replayed else stored.failures[-1].reason

    async def remove(self, user_id: str, record_id: str) -> None:
        self._raise_error()
        for id_, stored in [*self.documents.items()]:
            if (stored.letter.user_id, stored.letter.record_id) == (user_id, record_id):
                del self.documents[id_]

    async def note_rejection(self, rejection_id: str, reason: str) -> None:
        if not self.error:
            self.rejections.setdefault(rejection_id, reason)

    async def rejection_reason(self, rejection_id: str) -> str | None:
        self._raise_error()
        return self.rejections.get(rejection_id)

    def _raise_error(self) -> None:
        if self.error:
            raise self.error


def _is_within(record: Record, query: Query) -> bool:
    if query.since and record.created_at < query.since:
        return False
    if query.until and record.created_at >= query.until:
        return False
    return query.after is None or _is_after(_position(record), _position(query.after), newest_first=query.newest_first)


def _is_after(one: tuple[datetime, str], other: tuple[datetime, str], *, newest_first: bool) -> bool:
    return one < other if newest_first else one > other


def _position(item: Record | Cursor) -> tuple[datetime, str]:
    return item.created_at, item.id
