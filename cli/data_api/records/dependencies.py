"""What the commands use besides their arguments: the network, other programs, tokens, time.

A test passes its own Dependencies as the object of click's context.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from data_api.records.api.retry import RetryTiming
from data_api.records.identity.google_identity import google_token
from data_api.shared.programs import Run, run


def _local_token(user: str, roles: tuple[str, ...]) -> str:
    from data_api.shared.local_tokens import local_token  # noqa: PLC0415 - YAML and keys, for the local stack only

    return local_token(user, roles)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """The real ones, except for those that a caller passes."""

    local_token: Callable[[str, tuple[str, ...]], str] = _local_token  # of a user with these roles, for the local stack
    google_token: Callable[[str, Run], str] = google_token  # for an audience
    run: Run = run
    transport: httpx.BaseTransport | None = None  # None: httpx's own
    retry_timing: RetryTiming = field(default_factory=RetryTiming)
    now: Callable[[], float] = time.time  # seconds since the epoch
