"""The steps of the synthetic caller: what a user does, in order, and what the answers must be.

It posts a record, waits until it can be read, compares it, and deletes it. `dataapi.gcp.api_session` sends the calls.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

_READS = 2  # each waits for up to 10 s: a record that needs a second attempt of Pub/Sub is stored by then
_WAIT = {"prefer": "wait=10"}
_ACCEPTED, _OK, _DELETED, _NOT_YET = 202, 200, 204, 404


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the API."""

    status: int
    content: Any  # the JSON of its body, or None


class Send(Protocol):
    """How the caller calls the API."""

    def __call__(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """The answer; raises CallError if nothing answers."""
        ...


class CallError(Exception):
    """A call without an answer; the message is the name of the error."""


class StepError(Exception):
    """A step that a user could not have done. The reason contains nothing of an answer's body."""

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(f"{step}: {reason}")
        self.step = step
        self.reason = reason


def run(send: Send, record: Mapping[str, Any], key: str) -> None:
    """Does all steps; raises StepError for the first that fails. `key` is the Idempotency-Key of the record."""
    headers = {"content-type": "application/json", "idempotency-key": key}
    posted = _call(send, "post", _ACCEPTED, "POST", "/data", headers, orjson.dumps(record))
    path = f"/data/{posted.content['id']}"
    try:
        _read(send, path, record)
    except StepError:
        with suppress(StepError):
            _delete(send, path)
        raise
    _delete(send, path)


def _read(send: Send, path: str, record: Mapping[str, Any]) -> None:
    for _ in range(_READS):
        answer = _answer(send, "read", "GET", path, _WAIT)
        if answer.status != _NOT_YET:
            break
    _check("read", _OK, answer)
    if answer.content["data"] != record:
        raise StepError("read", "the record that is read differs from the one that was sent")


def _delete(send: Send, path: str) -> None:
    """A tombstone stays for some months, also if the record is stored later."""
    _call(send, "delete", _DELETED, "DELETE", path, {})


def _call(  # noqa: PLR0913, PLR0917 - one for each part of the call and of what it must result in
    send: Send, step: str, status: int, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
) -> Answer:
    answer = _answer(send, step, method, path, headers, body)
    _check(step, status, answer)
    return answer


def _answer(  # noqa: PLR0913, PLR0917 - as above
    send: Send, step: str, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
) -> Answer:
    try:
        return send(method, path, headers, body)
    except CallError as error:
        raise StepError(step, f"no answer ({error})") from error


def _check(step: str, status: int, answer: Answer) -> None:
    if answer.status != status:
        raise StepError(step, f"got {answer.status}, expected {status}")
