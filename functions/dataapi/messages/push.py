"""Opens the envelope in which Pub/Sub pushes a message (https://cloud.google.com/pubsub/docs/push#receive_push).

What is inside is `record`'s. Whether the sender is Pub/Sub, Cloud Run has checked before: only its identity may
invoke the function.
"""

import base64
import binascii
from dataclasses import dataclass

from dataapi import strict_json
from dataapi.errors import Undeliverable

MAX_BYTES = 16 * 2**20  # of a push: a message of Pub/Sub's 10 MB in base64, and its envelope


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery of one message. `attempt` is unknown where the subscription has no dead-letter policy."""

    message_id: str
    attempt: int | None
    attributes: dict[str, str]
    data: bytes
    published: str = ""  # when, as Pub/Sub writes it

    def known(self) -> dict[str, str | int | None]:
        """What a log line may say of it."""
        return {"messageId": self.message_id, "attempt": self.attempt}


def opened(body: bytes) -> Delivery:
    """Reads a pushed body; raises Undeliverable if it is no envelope."""
    try:
        envelope = strict_json.parse(body)
        message = envelope["message"]
        attributes = message.get("attributes") or {}
        attempt = envelope.get("deliveryAttempt")
        published = message.get("publishTime", "")
        texts = [message["messageId"], published, *attributes.values()]
        data = base64.b64decode(message.get("data", ""), validate=True)
    except (
        strict_json.NotJsonError,
        binascii.Error,
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
    ) as fault:
        raise Undeliverable("the body is not a pushed message") from fault
    if not (all(isinstance(text, str) for text in texts) and isinstance(attempt, int | None)):
        raise Undeliverable("the body is not a pushed message")
    return Delivery(message["messageId"], attempt, attributes, data, published)
