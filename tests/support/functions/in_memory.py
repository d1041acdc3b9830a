"""Stands in for Pub/Sub and Firestore: the adapters of `dataapi.gcp`, in memory.

Owns what the two services keep and what they refuse. The grouping is the functions' own, so that a test meets here
the same groups, halves and neighbours as there. That twin and original behave alike is held by
`contract/test_topic.py`, `contract/test_store.py` and `contract/test_letters.py`.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dataapi.gcp.record_store import Saved
from dataapi.group_commit import Grouped, GroupRefused, Limits
from dataapi.messages import dead_letter
from dataapi.messages.dead_letter import DeadLetter, Death
from dataapi.records import firestore_limits
from dataapi.records.pagination import Place, Query
from dataapi.records.record import SCHEMA_VERSION, Record
from dataapi.trace_context import Trace

_PUBLISH_LIMITS = Limits(items=1_000, size=9_500_000, wait=5.0)
_WRITE_LIMITS = Limits(items=500, size=9_500_000, wait=10.0)


@dataclass(frozen=True)
class Message:
    """A message as a subscription gets it."""

    data: bytes
    attributes: dict[str, str]


@dataclass
class Topic:
    """Pub/Sub, with one topic. While there is a `fault`, it answers nothing else."""

    messages: list[Message] = field(default_factory=list)
    fault: Exception | None = None

    def __post_init__(self) -> None:
        self._grouped = Grouped(self._send, _PUBLISH_LIMITS)

    async def publish(self, messages: Sequence[bytes], trace: Trace) -> int:
        """What `topic.publisher()` gives."""
        attributes = {"schemaVersion": SCHEMA_VERSION, "traceparent": trace.traceparent()}
        entry = [Message(data, attributes) for data in messages]
        _, group_size = await self._grouped(entry, sum(map(len, messages)))
        return group_size

    async def _send(self, messages: Sequence[Message]) -> Sequence[None]:
        if self.fault:
            raise self.fault
        self.messages.extend(messages)
        return [None for _ in messages]


@dataclass
class Store:
    """Firestore, with one database. While there is a `fault`, it answers nothing else."""

    documents: dict[tuple[str, str], Record] = field(default_factory=dict)  # by user and id
    fault: Exception | None = None
    asked: int = 0  # how often something was to be read

    def __post_init__(self) -> None:
        self._grouped = Grouped(self._send, _WRITE_LIMITS)

    async def save(self, record: Record) -> Saved:
        """What `store.saver()` gives."""
        duplicates, group_size = await self._grouped([record], size=0)  # bytes do not count here
        return Saved(duplicates[0], group_size)

    async def find(self, user_id: str, record_id: str) -> Record | None:
        """What `store.finder()` gives."""
        self._read()
        return copy.deepcopy(self.documents.get((user_id, record_id)))

    async def list_(self, user_id: str, query: Query) -> list[Record]:
        """What `store.lister()` gives."""
        self._read()
        own = [
            record for (owner, _), record in self.documents.items() if owner == user_id and _is_within(record, query)
        ]
        own.sort(key=_place, reverse=query.newest_first)
        return copy.deepcopy(own[: query.size + 1])

    async def _send(self, records: Sequence[Record]) -> Sequence[bool]:
        if self.fault:
            raise self.fault
        if any(firestore_limits.problems(record.data) for record in records):
            raise GroupRefused("Firestore refuses the writes")
        return [self._is_duplicate(record) for record in records]

    def _is_duplicate(self, record: Record) -> bool:
        """Keeps the record unless it is one."""
        kept = self.documents.setdefault((record.user_id, record.id), copied := copy.deepcopy(record))
        return kept is not copied

    def _read(self) -> None:
        self.asked += 1
        if self.fault:
            raise self.fault


@dataclass
class Buried:
    """A dead letter that is kept."""

    letter: DeadLetter
    deaths: list[Death]
    is_replayed: bool = False


@dataclass
class Letters:
    """Firestore as the place of dead letters. While there is a `fault`, it answers nothing else."""

    kept: dict[str, Buried] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)
    fault: Exception | None = None
    asked: int = 0  # how often the fate of a record was

    async def refuse(self, id_: str, reason: str) -> None:
        """What `letters.refuser()` gives."""
        if not self.fault:
            self.refusals.setdefault(id_, reason)

    async def recall(self, id_: str) -> str | None:
        """What `letters.recaller()` gives."""
        self._answer()
        return self.refusals.get(id_)

    async def tell(self, user_id: str, record_id: str) -> str | None:
        """What `letters.teller()` gives."""
        self.asked += 1
        self._answer()
        found = self.kept.get(dead_letter.of_record(user_id, record_id))
        return None if found is None or found.is_replayed else found.deaths[-1].reason

    async def keep(self, letter: DeadLetter) -> str:
        """What `letters.keeper()` gives."""
        self._answer()
        first = self.kept.get(letter.id)
        id_ = letter.id if first is None or first.letter.digest == letter.digest else letter.own_id
        known = self.kept.get(id_)
        deaths = dead_letter.joined(known.deaths if known else [], letter.death)
        if deaths is not None:
            self.kept[id_] = Buried(known.letter if known else letter, deaths)
        return id_

    def _answer(self) -> None:
        if self.fault:
            raise self.fault


def _is_within(record: Record, query: Query) -> bool:
    if query.since and record.created_at < query.since:
        return False
    if query.until and record.created_at >= query.until:
        return False
    return query.after is None or _is_behind(_place(record), _place(query.after), newest_first=query.newest_first)


def _is_behind(one: tuple[datetime, str], other: tuple[datetime, str], *, newest_first: bool) -> bool:
    return one < other if newest_first else one > other


def _place(found: Record | Place) -> tuple[datetime, str]:
    return found.created_at, found.id
