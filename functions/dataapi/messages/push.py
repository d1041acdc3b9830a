"""Parses the body in which Pub/Sub pushes a message (https://cloud.google.com/pubsub/docs/push#receive_push).

Cloud Run has checked before that the sender is Pub/Sub: only its identity may invoke the function.
"""

import base64
import binascii
from dataclasses import dataclass

from dataapi import strict_json
from dataapi.errors import Undeliverable

MAX_BYTES = 16 * 2**20  # of a push: a message of up to 10 MB in base64, and the fields around it
MAX_ATTEMPT = 2**31 - 1  # of deliveryAttempt, an int32
_INVALID = "the body is not a Pub/Sub push message"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery of one message. `attempt` is unknown where the subscription has no dead-letter policy."""

    message_id: str
    attempt: int | None
    attributes: dict[str, str]
    data: bytes
    published: str = ""  # when, as Pub/Sub writes it

    def log_fields(self) -> dict[str, str | int | None]:
        """What a log line may contain of it."""
        return {"messageId": self.message_id, "attempt": self.attempt}


def parse(body: bytes) -> Delivery:
    """Parses the body of a push; raises Undeliverable."""
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
    ) as error:
        raise Undeliverable(_INVALID) from error
    is_count = attempt is None or (isinstance(attempt, int) and 0 <= attempt <= MAX_ATTEMPT)
    if not (is_count and all(isinstance(text, str) for text in texts)):
        raise Undeliverable(_INVALID)
    return Delivery(message["messageId"], attempt, attributes, data, published)
