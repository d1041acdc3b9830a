"""Defines what the functions need of Pub/Sub and Firestore.

The adapters in `dataapi.gcp` implement it; tests pass fakes in memory instead (tests/support/functions/in_memory.py).
Every method raises Unavailable while its service cannot be used, unless it says otherwise.
"""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Protocol

from dataapi.messages.dead_letter import DeadLetter
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
        """One record of a user."""

    async def list(self, user_id: str, query: Query) -> Page:
        """A page of a user's records that a query selects: at most so many, and at most MAX_PAGE_BYTES of them."""


class DeadLetterStore(Protocol):
    """The dead letters, and the reasons why messages were rejected."""

    async def save(self, letter: DeadLetter) -> str:
        """Stores a dead letter, or adds a failure to a stored one, and returns the document's id."""

    async def reason_for(self, user_id: str, record_id: str) -> str | None:
        """Why a user's record is a dead letter; None if it is not one, or is being replayed."""

    async def note_rejection(self, rejection_id: str, reason: str) -> None:
        """Notes why a message was rejected; the first note wins. Takes 2 s at most and never raises."""

    async def rejection_reason(self, rejection_id: str) -> str | None:
        """The reason that was noted for a rejected message."""
