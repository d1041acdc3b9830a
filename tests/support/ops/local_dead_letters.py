"""Dead letters of a local stack: stored by the functions' adapter in the Firestore emulator, handled by `data-api`."""

import asyncio
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
from click.testing import CliRunner, Result

from data_api.ops.dead_letters.commands import dead_letters
from data_api.ops.dependencies import Dependencies
from dataapi.messages import dead_letter
from dataapi.messages.dead_letter import Failure
from dataapi.messages.push import Delivery
from dataapi.records import record
from tests.support.functions import adapters
from tests.support.functions.adapters import PROJECT, Emulator

Json = Any

PORT = 8080
ADA = "ada@accounts.google.com"
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
REFUSED, FAILING = "Firestore rejected the write", dead_letter.ATTEMPTS_EXHAUSTED
ADDED = {"CloudPubSubDeadLetterSourceSubscription": "persist", "CloudPubSubDeadLetterSourceDeliveryCount": "5"}
OWN = {"schemaVersion": "1", "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}


@dataclass
class LocalDeadLetters:
    """A local stack as the commands see it: its emulators, its state file and its dead letters."""

    firestore: Emulator
    pubsub: str  # http://host:port/v1
    database: str
    dependencies: Dependencies
    pauses: list[float] = field(default_factory=list)
    retention: timedelta | None = None

    def store(self, *failed: tuple[bytes, Failure]) -> list[str]:
        """Stores messages as `dead-letter` does, and returns the ids of the dead letters."""

        async def save_all() -> list[str]:
            async with adapters.dead_letter_store_at(self.firestore.host, self.database, self.retention) as store:
                return [await store.save(_dead_letter(*message)) for message in failed]

        return asyncio.run(save_all())

    def reason_for(self, record_id: str) -> str | None:
        """What `present` tells the sender of a record."""

        async def read() -> str | None:
            async with adapters.dead_letter_store_at(self.firestore.host, self.database) as store:
                return await store.reason_for(ADA, record_id)

        return asyncio.run(read())

    def command(self, *arguments: str, answer: str = "") -> Result:
        return CliRunner().invoke(dead_letters, arguments, obj=self.dependencies, input=answer)

    def listed(self, *arguments: str) -> Json:
        return json.loads(self.command("list", "--json", *arguments).stdout)

    def published(self) -> list[Json]:
        """The messages that the topic got since the last call."""
        address = f"{self.pubsub}/projects/{PROJECT}/subscriptions/{self.database}"
        body = {"maxMessages": 100, "returnImmediately": True}
        received = httpx.post(f"{address}:pull", json=body).json().get("receivedMessages", [])
        if received:
            httpx.post(f"{address}:acknowledge", json={"ackIds": [message["ackId"] for message in received]})
        return [message["message"] for message in received]


def message(record_id: str = "", data: bytes = b'{"informationOne":"secret"}') -> bytes:
    return record.message(record.receipt(record_id or uuid4().hex, NOON), ADA, data)


def failure(hours: int = 0, reason: str = REFUSED) -> Failure:
    return Failure(uuid4().hex, NOON + hours * HOUR, 5, reason)


def _dead_letter(data: bytes, failure: Failure) -> dead_letter.DeadLetter:
    delivery = Delivery(failure.message_id, None, OWN | ADDED, data)
    return replace(dead_letter.read(delivery, failure.reason), failure=failure)
