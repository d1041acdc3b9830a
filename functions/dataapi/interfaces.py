"""Defines what the functions need of Pub/Sub and Firestore.

The adapters in `dataapi.gcp` implement it; tests pass fakes in memory instead (tests/support/functions/in_memory.py).
Every method raises Unavailable while its service cannot be used, unless it says otherwise.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from dataapi.messages.dead_letter import DeadLetter
from dataapi.records.change_order import Cursor
from dataapi.records.change_order import Page as ChangesPage
from dataapi.records.changes import ChangesQuery
from dataapi.records.pagination import Page, Query
from dataapi.records.record import Record
from dataapi.trace_context import Trace


@dataclass(frozen=True, slots=True)
class Saved:
    """The result of storing a record: stored now, or (a duplicate) before; and how many writes the RPC carried."""

    duplicate: bool
    group_size: int


class Publisher(Protocol):
    """A topic that messages are published to."""

    def publish(self, messages: Sequence[bytes], trace: Trace) -> Awaitable[int]:
        """Publishes the messages in one RPC and returns how many that RPC carried; raises Unavailable or TooLarge."""


class RecordStore(Protocol):
    """The records of all users."""

    async def save(self, record: Record) -> Saved:
        """Stores a record unless its id exists; raises UnstorableRecord if it can never be stored."""

    async def get(self, user_id: str, record_id: str) -> Record | None:
        """One record of a user; raises DeletedError if the user has deleted it."""

    async def list(self, user_id: str, query: Query) -> Page:
        """A page of a user's records that a query selects: at most so many, and at most MAX_PAGE_BYTES of them."""


class Tombstones(Protocol):
    """What deleted records leave, so that no late delivery stores them again."""

    async def delete(self, user_id: str, record_id: str) -> None:
        """Deletes a user's record, whether it is stored or not yet; a second call changes nothing."""

    async def is_deleted(self, user_id: str, record_id: str) -> bool:
        """Whether the user has deleted the record."""


class ChangeListener(Protocol):
    """Who waits for changes."""

    def listening(self, user_id: str, cursor: Cursor) -> AbstractAsyncContextManager[asyncio.Event]:
        """An event that is set when listening has begun, and by each later change, as long as the block lasts.

        Raises Unavailable if too many requests wait, and TooManyRequests if too many of this user do.
        """


class ChangeFeed(Protocol):
    """The changes of all users' records, in the order in which they became readable."""

    @property
    def listener(self) -> ChangeListener:
        """Tells about changes."""

    async def page(self, user_id: str, query: ChangesQuery) -> ChangesPage:
        """The next changes of a user, at most so many, and at most MAX_PAGE_BYTES of them; raises Gone."""


class DeadLetterStore(Protocol):
    """The dead letters, and the reasons why messages were rejected."""

    async def save(self, letter: DeadLetter) -> str:
        """Stores a dead letter, or adds a failure to a stored one, and returns the document's id."""

    async def reason_for(self, user_id: str, record_id: str) -> str | None:
        """Why a user's record is a dead letter; None if it is not one, or is being replayed."""

    async def remove(self, user_id: str, record_id: str) -> None:
        """Removes all dead letters of a user's record, with their content."""

    async def note_rejection(self, rejection_id: str, reason: str) -> None:
        """Notes why a message was rejected; the first note wins. Takes 2 s at most and never raises."""

    async def rejection_reason(self, rejection_id: str) -> str | None:
        """The reason that was noted for a rejected message."""
