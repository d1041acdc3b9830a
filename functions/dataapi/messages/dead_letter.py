"""Reads a dead letter: a message that Pub/Sub has given up on, its owner, and why it could not be stored.

Owns the ids of dead letters and of the notes that `persist` makes when it rejects a message, and how further failures
of the same message are added.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from dataapi import timestamps
from dataapi.errors import Undeliverable
from dataapi.messages.push import Delivery
from dataapi.records import firestore_limits, record

# The reason for a valid message, such as a record whose database was unavailable for too long.
ATTEMPTS_EXHAUSTED = "every attempt to store it failed"
# With attributes and the fields around it within Firestore's 1 MiB a document. Longer messages do not come from
# `generate`, which takes 256 KiB; only the dead-letter topic's retained subscription has them whole.
MAX_MESSAGE_BYTES = 1_000_000
_REPLAY = "replay"  # the attribute that a replay adds, which tells one life of a message from another
_COUNT = re.compile(r"[0-9]{1,9}")  # what Pub/Sub counts; anything else is unknown
_MAX_NAME = 1_500  # characters of an id or a name: longer ones do not come from Pub/Sub or `generate`
_SOURCE = "CloudPubSubDeadLetterSource"  # prefix of the attributes that Pub/Sub adds


@dataclass(frozen=True, slots=True)
class Failure:
    """One time that Pub/Sub gave up. A message has another id on the dead-letter topic than it had before."""

    message_id: str
    at: datetime
    attempts: int  # 0 if unknown
    reason: str


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that could not be stored. `user_id` and `record_id` are empty if it is not a record."""

    id: str
    data: bytes
    attributes: dict[str, str]
    subscription: str  # that gave up on it
    user_id: str
    record_id: str
    failure: Failure

    @property
    def own_id(self) -> str:
        """The id if another message of the same record has `id` already."""
        return _id("message", self.data)

    @property
    def digest(self) -> str:
        """Distinguishes two messages of one record."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def fits(self) -> bool:
        """Whether a document can hold the message."""
        return len(self.data) + self._attribute_bytes <= MAX_MESSAGE_BYTES

    @property
    def stored_attributes(self) -> dict[str, str]:
        """The attributes, without the data if need be; none if a document cannot hold even those."""
        return self.attributes if self._attribute_bytes <= MAX_MESSAGE_BYTES else {}

    @property
    def _attribute_bytes(self) -> int:
        return sum(len(f"{name}{value}".encode()) for name, value in self.attributes.items())


def read(delivery: Delivery, rejection_reason: str | None) -> DeadLetter:
    """The dead letter of a delivery from the dead-letter topic; `rejection_reason` is what `persist` noted, if any."""
    attributes = delivery.attributes
    attempts = attributes.get(f"{_SOURCE}DeliveryCount", "")
    error, message_record = _validate(delivery)
    failure = Failure(
        delivery.message_id[:_MAX_NAME],
        _publish_time(delivery),
        int(attempts) if _COUNT.fullmatch(attempts) else 0,
        rejection_reason or error or ATTEMPTS_EXHAUSTED,
    )
    user_id, record_id = (message_record.user_id[:_MAX_NAME], message_record.id) if message_record else ("", "")
    id_ = id_of_record(user_id, record_id) if message_record else _id("message", delivery.data)
    subscription = attributes.get(f"{_SOURCE}Subscription", "")[:_MAX_NAME]
    return DeadLetter(id_, delivery.data, attributes, subscription, user_id, record_id, failure)


def id_of_record(user_id: str, record_id: str) -> str:
    """The id of a record's dead letter, which needs no query and leads to no other user's."""
    return _id("record", f"{user_id}/{record_id}".encode())


def rejection_id(delivery: Delivery) -> str:
    """The id of the note on a rejected message: one for each replay, the same in `persist` and `dead-letter`."""
    return _id(f"rejection {delivery.attributes.get(_REPLAY, '')}", delivery.data)


def merged(stored: Iterable[Failure], failure: Failure) -> list[Failure] | None:
    """All failures of a dead letter, the latest last; None if this one is stored: Pub/Sub may deliver it twice."""
    failures = {other.message_id: other for other in stored}
    if failure.message_id in failures:
        return None
    return sorted([*failures.values(), failure], key=lambda failure: (failure.at, failure.message_id))


def _validate(delivery: Delivery) -> tuple[str | None, record.Record | None]:
    """Why a message cannot be stored, checked as in `persist`, and its record, if it is one."""
    try:
        message_record = record.from_message(delivery.data, delivery.attributes)
    except Undeliverable as error:
        return str(error), None
    return firestore_limits.violation_summary(message_record.data), message_record


def _publish_time(delivery: Delivery) -> datetime:
    try:
        return timestamps.read(delivery.published)
    except timestamps.NotATimeError:
        return datetime.now(UTC)


def _id(kind: str, content: bytes) -> str:
    return hashlib.sha256(f"{kind}\n".encode() + content).hexdigest()[:32]
