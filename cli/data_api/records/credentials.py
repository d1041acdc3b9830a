"""Finds the token that a call carries, and renews it before it expires.

Owns the choice between a token that is given, the local issuer and Google, and how long a token is kept.
Reads a token's claims without verifying them: that is the gateway's to do.
"""

import base64
import json
import math
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_api.shared.errors import CliError

if TYPE_CHECKING:
    from data_api.records.options import Caller

LOCAL_USER = "ada"  # to the local stack, which shows a token of hers when it starts
TOKEN = "DATA_API_TOKEN"  # noqa: S105 - the name of a variable
MARGIN = 120  # seconds before its end in which a token is not used any more: a request takes some
# The audience of every token that gcloud makes for a person's own account.
_GCLOUD_AUDIENCE = "32555940559.apps.googleusercontent.com"


class Tokens:
    """Gives the token for the next call: the one it has, or a new one shortly before that expires."""

    def __init__(self, fetch: Callable[[], str], now: Callable[[], float]) -> None:
        self._fetch = fetch
        self._now = now
        self._token = ""

    def __call__(self) -> str:
        """A token; raises CliError where none can be had."""
        if not self._token or self._now() > _expiry(self._token) - MARGIN:
            self._token = _checked(self._fetch())
        return self._token


def token_source(caller: "Caller") -> Callable[[], str]:
    """What fetches the caller's tokens. Raises CliError where something has to be said first."""
    if caller.token_file:
        return partial(_from_file, caller.token_file)
    given = os.environ.get(TOKEN)
    if given and not caller.user:
        return lambda: given
    if caller.is_local:
        return partial(caller.dependencies.local_token, caller.user or LOCAL_USER)
    if not caller.audience:
        raise CliError(
            "A deployed API accepts tokens for its own audience only: name it with --audience or DATA_API_AUDIENCE, "
            f"or give a token with --token-file or {TOKEN}."
        )
    return partial(caller.dependencies.google_token, caller.audience, caller.dependencies.run)


def audience_advice(token: str) -> str:
    """What to do when the gateway does not accept the token's audience."""
    audience = _claims(token).get("aud")
    if audience == _GCLOUD_AUDIENCE:
        return (
            "It is from your own gcloud account; such a token is always for gcloud itself. Impersonate a service "
            "account with `gcloud config set auth/impersonate_service_account ACCOUNT`, or ask the operator to accept "
            f"the audience {_GCLOUD_AUDIENCE}."
        )
    return f"It is for the audience {audience}; ask the operator for the right one and name it with --audience."


def _from_file(file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise CliError(
            f"The token cannot be read from {file} ({error}); check that it is a readable text file."
        ) from error


def _checked(token: str) -> str:
    """A header can carry it; anything else would fail where nobody looks for it."""
    token = token.strip()
    if not token.isascii() or not token.isprintable() or " " in token or not token:
        raise CliError("The given token is invalid: a token is one line of visible ASCII characters.")
    return token


def _expiry(token: str) -> float:
    """Seconds since the epoch; never, for a token that does not say."""
    found = _claims(token).get("exp")
    return found if isinstance(found, (int, float)) else math.inf


def _claims(token: str) -> dict[str, Any]:
    """The claims of a JWT, which are any JSON; none for anything else."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}
