"""Says what can go wrong, by what has to be done about it.

A Refusal is answered to the client, in the gateway's own shape; how it is written and what is logged of it stands in
`http`. A fault in passing is Unavailable for both sides: the client retries a request, Pub/Sub a message.
"""

from collections.abc import Mapping, Sequence
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
    headers: Mapping[str, str] = {}

    def __init__(self, message: str, details: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class BadRequest(Refusal):
    """Malformed, or against the contract or the record's schema: mend the request."""

    status = 400


class Unauthenticated(Refusal):
    """No identity, or one that cannot be relied on: bring a token that holds."""

    status = 401
    headers: Mapping[str, str] = {"www-authenticate": "Bearer"}


class Forbidden(Refusal):
    """The caller is known and may not do this: get the role."""

    status = 403


class NotFound(Refusal):
    """Nothing of this name that the caller may know of, or not yet."""

    status = 404


class Gone(Refusal):
    """The caller's own record is a dead letter: it will not be there unless an operator replays it."""

    status = 410
    headers: Mapping[str, str] = {"cache-control": "no-store"}  # else a cache may keep it past the replay (RFC 9110)

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"This record could not be stored and is on the dead-letter list: {reason}. Ask whoever runs this API to "
            "mend the cause and replay it, or post a record that can be stored."
        )


class MethodNotAllowed(Refusal):
    """The path exists, the method does not."""

    status = 405

    def __init__(self, methods: Sequence[str]) -> None:
        super().__init__(f"Use {' or '.join(methods)} here.")
        self.headers = {"allow": ", ".join(methods)}


class TooLarge(Refusal):
    """Over a limit that the message names: send less."""

    status = 413


class UnsupportedMediaType(Refusal):
    """A body in a form that is not read here."""

    status = 415


class TooManyRequests(Refusal):
    """More than this caller may send here: wait."""

    status = 429

    def __init__(self, seconds: int, headers: Mapping[str, str]) -> None:
        super().__init__(f"You send more than you may. Try again in {seconds} s.")
        self.headers = {**headers, "retry-after": str(seconds)}


class Unavailable(Refusal):
    """A fault in passing: the same request may succeed later."""

    status = 503
    headers: Mapping[str, str] = {"retry-after": "2"}  # seconds

    def __init__(
        self, message: str = "This cannot be done now. Try again, with the same Idempotency-Key if any."
    ) -> None:
        super().__init__(message)


class Undeliverable(Exception):
    """A message that no retry can store: it goes back, for the dead-letter topic to take.

    The text is a reason for the log; it holds nothing of the record.
    """
