"""Chooses where a caller's token comes from, and renews it before it expires.

The claims of a token are read without verifying them: that is the gateway's task.
"""

import base64
import json
import math
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from data_api.shared.errors import CliError, ExitCode
from data_api.shared.gcloud import AUDIENCE

if TYPE_CHECKING:
    from data_api.records.options import Caller

LOCAL_USER = "ada"  # the local stack prints a token of this user when it starts
LOCAL_ROLES = ("data.read", "data.write")
TOKEN_VARIABLE = "DATA_API_TOKEN"  # noqa: S105 - the name of a variable
RENEWAL_MARGIN = 120  # seconds before its expiry in which a token is not used any more: a request takes some


class TokenCache:
    """Gives the token for the next call: the current one, or a new one shortly before that expires."""

    def __init__(self, fetch: Callable[[], str], now: Callable[[], float]) -> None:
        self._fetch = fetch
        self._now = now
        self._token = ""
        self._lock = Lock()  # `send --wait` calls from several threads

    def __call__(self) -> str:
        """A token; raises CliError if it cannot be had."""
        with self._lock:
            if not self._token or self._now() > _expiry(self._token) - RENEWAL_MARGIN:
                self._token = _validated(self._fetch())
            return self._token


def token_source(caller: "Caller") -> Callable[[], str]:
    """The function that fetches the caller's tokens. Raises CliError if an option is missing."""
    if caller.token_file:
        return partial(_from_file, caller.token_file)
    token = os.environ.get(TOKEN_VARIABLE)
    if token and not caller.user:
        return lambda: token
    if caller.is_local:
        return partial(caller.dependencies.local_token, caller.user or LOCAL_USER, LOCAL_ROLES)
    if not caller.audience:
        raise CliError(
            "A deployed API accepts only tokens for its own audience: set it with --audience or DATA_API_AUDIENCE, "
            f"or give a token with --token-file or {TOKEN_VARIABLE}.",
            ExitCode.NOT_SIGNED_IN,
        )
    return partial(caller.dependencies.google_token, caller.audience, caller.dependencies.run)


def audience_advice(token: str) -> str:
    """What to do when the gateway does not accept the token's audience."""
    audience = _claims(token).get("aud")
    if audience == AUDIENCE:
        return (
            "It is a token of your own gcloud account, and these are always for gcloud itself. Impersonate a service "
            "account with `gcloud config set auth/impersonate_service_account ACCOUNT`, or ask the operator to accept "
            f"the audience {AUDIENCE}."
        )
    return f"It is for the audience {audience}; ask the operator for the right one and set it with --audience."


def _from_file(file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise CliError(
            f"The token cannot be read from {file} ({error}); give a readable text file.", ExitCode.NOT_SIGNED_IN
        ) from error


def _validated(token: str) -> str:
    """The token without white space around it; raises CliError for one that no HTTP header can carry."""
    token = token.strip()
    if not token.isascii() or not token.isprintable() or " " in token or not token:
        raise CliError("The token is invalid: a token is one line of visible ASCII characters.", ExitCode.NOT_SIGNED_IN)
    return token


def _expiry(token: str) -> float:
    """Seconds since the epoch; infinity for a token that does not say."""
    expiry = _claims(token).get("exp")
    return expiry if isinstance(expiry, (int, float)) else math.inf


def _claims(token: str) -> dict[str, Any]:
    """The claims of a JWT, which are any JSON; empty for anything else."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}
