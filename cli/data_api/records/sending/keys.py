"""The Idempotency-Key of each batch, and what the user can do to get the same keys again."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from data_api.records.sending.batches import Batch, content_key, numbered_key

_SAFE_TO_REPEAT = "Running the same command again is safe: accepted records are not stored twice."


@dataclass(frozen=True, slots=True)
class IdempotencyKeys:
    """The key of each batch."""

    key: Callable[[Batch], str]
    resend_hint: str  # a sentence


def idempotency_keys(key: str | None, *, is_file: bool) -> IdempotencyKeys:
    """A file's keys follow from its content. Arguments get a new key each time: sending them twice may be intended."""
    if key is not None:
        return IdempotencyKeys(partial(numbered_key, key), _SAFE_TO_REPEAT)
    if is_file:
        return IdempotencyKeys(content_key, _SAFE_TO_REPEAT)
    key = uuid.uuid4().hex
    return IdempotencyKeys(
        partial(numbered_key, key),
        f"To send them again without storing any twice, add --idempotency-key {key} to the same command.",
    )
