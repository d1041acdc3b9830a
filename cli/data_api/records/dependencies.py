"""Holds what the commands touch besides their arguments: the network, other processes, time.

Owns the one seam where a test puts something else in place: the object of click's context.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from data_api.records.google_identity import google_token
from data_api.records.retry import Backoff
from data_api.shared.programs import Run, run


def _local_token(user: str) -> str:
    from data_api.shared.local_tokens import local_token  # noqa: PLC0415 - YAML and keys: for the local stack only

    return local_token(user)


@dataclass(frozen=True, slots=True)
class Dependencies:
    """The world as it is, unless a test says otherwise."""

    transport: httpx.BaseTransport | None = None  # None: httpx's own
    run: Run = run
    google_token: Callable[[str, Run], str] = google_token  # of an audience
    local_token: Callable[[str], str] = _local_token  # of a user of the local stack
    backoff: Backoff = field(default_factory=Backoff)
    now: Callable[[], float] = time.time  # seconds since the epoch
