"""Defines the errors of the functions, by what has to be done about them.

An HttpError is answered to the client in the gateway's own form (`http.dispatch` writes and logs it). Unavailable is
temporary for both sides: the client retries a request, Pub/Sub delivers a message again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

MAX_PROBLEMS = 100  # named for one record, or for one batch; more would help nobody and cost much


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to fix: where (a JSON Pointer, or a parameter's name), what, and in a batch on which line."""

    field: str
    problem: str
    line: int | None = None


class HttpError(Exception):
    """A request that is rejected. The message says what to do; it never contains what the client sent."""

    status = 500
    headers: Mapping[str, str] = {}

    def __init__(self, message: str, details: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class BadRequest(HttpError):
    """Malformed, or against the contract or the record's schema: fix the request."""

    status = 400


class Unauthenticated(HttpError):
    """No valid identity: get a new token."""

    status = 401
    headers: Mapping[str, str] = {"www-authenticate": "Bearer"}


class Forbidden(HttpError):
    """The caller lacks the role."""

    status = 403


class NotFound(HttpError):
    """There is nothing of this name that the caller may know of, or not yet."""

    status = 404


class RequestTimeout(HttpError):
    """The request's body did not arrive in time."""

    status = 408
    headers: Mapping[str, str] = {"connection": "close"}  # the rest of the body is not read (RFC 9110)


class Gone(HttpError):
    """The caller's own record is a dead letter, or their cursor has expired: the same request would fail again."""

    status = 410

    @classmethod
    def dead_letter(cls, reason: str) -> Self:
        """The record can be read only after an operator has replayed it."""
        return cls(
            f"This record could not be stored and is on the dead-letter list: {reason}. Ask the operator of this API "
            "to fix the cause and replay it, or post a record that can be stored."
        )

    @classmethod
    def expired_cursor(cls, days: int) -> Self:
        """Deletions that its reader has not seen may have been forgotten."""
        return cls(
            f"This cursor is older than {days} days: deletions after it may be missing. Forget the records that you "
            "know and begin again without a cursor."
        )


class MethodNotAllowed(HttpError):
    """The path exists, the method does not."""

    status = 405

    def __init__(self, methods: Sequence[str]) -> None:
        super().__init__(f"Use {' or '.join(methods)} here.")
        self.headers = {"allow": ", ".join(methods)}


class TooLarge(HttpError):
    """Over a limit that the message names."""

    status = 413


class UnsupportedMediaType(HttpError):
    """A body in a media type or an encoding that is not supported."""

    status = 415


class TooManyRequests(HttpError):
    """The caller's rate limit is exceeded, or the caller's requests in progress are too large together."""

    status = 429

    def __init__(self, seconds: int, headers: Mapping[str, str], message: str | None = None) -> None:
        super().__init__(message or f"Rate limit exceeded. Retry in {seconds} s.")
        self.headers = {**headers, "retry-after": str(seconds)}


class Unavailable(HttpError):
    """A temporary failure: the same request may succeed later."""

    status = 503
    headers: Mapping[str, str] = {"retry-after": "2"}  # seconds

    def __init__(self, message: str = "Temporarily unavailable. Retry with the same Idempotency-Key.") -> None:
        super().__init__(message)


class DeletedError(Exception):
    """The record was deleted by its owner."""


class Undeliverable(Exception):
    """A message that no retry can store: it goes back, for the dead-letter topic to take.

    The text is a reason for the log; it contains nothing of the record.
    """


class UnstorableRecord(Undeliverable):
    """A record that the store rejects and would reject again."""
