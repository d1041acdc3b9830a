"""Reads a dead letter: a message that Pub/Sub has given up on, whose it is, and why it could not be stored.

Owns the ids of dead letters and of the notes that `persist` leaves on what it refuses, and what becomes of a letter
whose message dies again. The message itself is `record`'s, the envelope `push`'s, the documents are `gcp.letters`'s.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from dataapi import timestamps
from dataapi.errors import Undeliverable
from dataapi.messages.push import Delivery
from dataapi.records import firestore_limits, record

# The reason of what nothing is wrong with, such as a record whose database was down for too long.
KEPT_FAILING = "storing it kept failing"
# With attributes and the fields around it within Firestore's 1 MiB a document. What is longer is none of ours
# (`submission` takes 256 KiB) and stays, whole, on the dead-letter topic's retained subscription alone.
MAX_MESSAGE_BYTES = 1_000_000
_REPLAY = "replay"  # the attribute by which whoever publishes a letter again tells its lives apart
_SOURCE = "CloudPubSubDeadLetterSource"  # begins the attributes that Pub/Sub adds


@dataclass(frozen=True, slots=True)
class Death:
    """One time that Pub/Sub gave up. A message has another id on the dead-letter topic than it had before."""

    message_id: str
    at: datetime
    attempts: int  # 0 where it is not told
    reason: str


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that died. `user_id` and `record_id` are empty where it cannot be read as a record."""

    id: str
    data: bytes
    attributes: dict[str, str]
    subscription: str  # that gave up on it
    user_id: str
    record_id: str
    death: Death

    @property
    def own_id(self) -> str:
        """Of this very message: there may be another of the same record, whose letter has `id` by then."""
        return _id("message", self.data)

    @property
    def digest(self) -> str:
        """Tells two messages of one record apart."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def fits(self) -> bool:
        """Whether a document can hold the message."""
        attributes = sum(len(f"{name}{value}".encode()) for name, value in self.attributes.items())
        return len(self.data) + attributes <= MAX_MESSAGE_BYTES


def read(delivery: Delivery, refusal: str | None) -> DeadLetter:
    """The letter of a delivery from the dead-letter topic; `refusal` is what `persist` has noted of it, if anything."""
    attributes = delivery.attributes
    attempts = attributes.get(f"{_SOURCE}DeliveryCount", "")
    fault, found = _fault(delivery.data)
    death = Death(
        delivery.message_id,
        _moment(delivery.published),
        int(attempts) if attempts.isdecimal() else 0,
        refusal or fault or KEPT_FAILING,
    )
    user_id, record_id = (found.user_id, found.id) if found else ("", "")
    id_ = of_record(user_id, record_id) if found else _id("message", delivery.data)
    subscription = attributes.get(f"{_SOURCE}Subscription", "")
    return DeadLetter(id_, delivery.data, attributes, subscription, user_id, record_id, death)


def of_record(user_id: str, record_id: str) -> str:
    """The id of a record's letter: whoever knows user and record finds it without a search, and nobody else's."""
    return _id("record", f"{user_id}/{record_id}".encode())


def refusal_id(delivery: Delivery) -> str:
    """The id of the note on a refused message: one for each life, the same in `persist` and `dead-letter`."""
    return _id(f"refusal {delivery.attributes.get(_REPLAY, '')}", delivery.data)


def joined(known: Iterable[Death], death: Death) -> list[Death] | None:
    """All deaths of a letter, the last one last; None if this one is known: Pub/Sub may deliver it twice."""
    deaths = {each.message_id: each for each in known}
    if death.message_id in deaths:
        return None
    return sorted([*deaths.values(), death], key=lambda each: (each.at, each.message_id))


def _fault(data: bytes) -> tuple[str | None, record.Record | None]:
    """What keeps a message from being stored, found as `persist` finds it, and the record that it is, if it is one."""
    try:
        found = record.from_message(data)
    except Undeliverable as fault:
        return str(fault), None
    return firestore_limits.fault(found.data), found


def _moment(published: str) -> datetime:
    try:
        return timestamps.read(published)
    except timestamps.NotATimeError:
        return datetime.now(UTC)


def _id(kind: str, content: bytes) -> str:
    return hashlib.sha256(f"{kind}\n".encode() + content).hexdigest()[:32]
