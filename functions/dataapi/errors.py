"""Says what can go wrong, by what has to be done about it.

    Refusal                      answered to the client, in the gateway's own shape
    ├── BadRequest          400  mend the request
    ├── Unauthenticated     401  bring a token that holds
    ├── Forbidden           403  get the role
    ├── NotFound            404  there is nothing, or not yet
    ├── MethodNotAllowed    405
    ├── TooLarge            413  send less
    ├── UnsupportedMediaType 415
    └── Unavailable         503  try again
    Undeliverable                a message that no retry can store: it goes back, for the dead-letter topic to take

A fault in passing is Unavailable for both: the client retries a request, Pub/Sub a message.
How a Refusal is written stands in `http`; what is logged of it, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

MAX_PROBLEMS = 100  # that are named of one record, or of one batch; more would help nobody and cost much


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend: where (a JSON Pointer, or a parameter's name), what, and in a batch on which line."""

    field: str
    problem: str
    line: int | None = None


class Refusal(Exception):
    """A request that is not carried out. The message says what to do; it never holds what the client sent."""

    status = 500

    def __init__(self, message: str, details: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    def headers(self) -> dict[str, str]:
        """Headers that belong to this refusal."""
        return {}


class BadRequest(Refusal):
    """Malformed, or against the contract or the record's schema."""

    status = 400


class Unauthenticated(Refusal):
    """No identity, or one that cannot be relied on."""

    status = 401

    def headers(self) -> dict[str, str]:
        """RFC 9110 asks for the scheme."""
        return {"www-authenticate": "Bearer"}


class Forbidden(Refusal):
    """The caller is known and may not do this."""

    status = 403


class NotFound(Refusal):
    """Nothing of this name that the caller may know of."""

    status = 404


class MethodNotAllowed(Refusal):
    """The path exists, the method does not."""

    status = 405

    def __init__(self, methods: Sequence[str]) -> None:
        super().__init__(f"Use {' or '.join(methods)} here.")
        self.methods = methods

    def headers(self) -> dict[str, str]:
        """RFC 9110 asks for the methods that there are."""
        return {"allow": ", ".join(self.methods)}


class TooLarge(Refusal):
    """Over a limit that the message names."""

    status = 413


class UnsupportedMediaType(Refusal):
    """A body in a form that is not read here."""

    status = 415


class Unavailable(Refusal):
    """A fault in passing: the same request may succeed later."""

    status = 503
    retry_after_seconds = 2

    def __init__(
        self, message: str = "This cannot be done now. Try again, with the same Idempotency-Key if any."
    ) -> None:
        super().__init__(message)

    def headers(self) -> dict[str, str]:
        """When to come back."""
        return {"retry-after": str(self.retry_after_seconds)}


class Undeliverable(Exception):
    """A message that no retry can store. The text is a reason for the log; it holds nothing of the record."""
