"""Fetches a Google ID token for an audience, with the credential of this machine.

Credentials are tried in this order: what google-auth finds (a service account's key, an impersonated account, the
metadata server), then the account that gcloud is signed in with. google-auth makes no ID token for an audience from a
person's own sign-in; gcloud does.
"""

import os
import shutil
import warnings
from functools import partial
from typing import TYPE_CHECKING

from data_api.shared.errors import CliError, ExitCode
from data_api.shared.programs import Run

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from google.auth.transport import Request

_FIX = (
    "sign in with `gcloud auth login`, impersonate a service account with "
    "`gcloud config set auth/impersonate_service_account ACCOUNT`, "
    "set GOOGLE_APPLICATION_CREDENTIALS to a service account's file, or give a token with --token-file"
)
# Tried in this order: gcloud includes the e-mail only for an impersonated account, takes an audience only for a
# service account of any kind, and neither for a person's own account. A deployment may grant roles by the e-mail.
_GCLOUD_OPTIONS: tuple[list[str], ...] = (["--audiences={}", "--include-email"], ["--audiences={}"], [])


def google_token(audience: str, run: Run) -> str:
    """An ID token; raises CliError if there is no credential, or one that Google rejects.

    From a person's own gcloud account the token has gcloud's audience, whatever `audience` is.
    """
    return _from_google_auth(audience) or _from_gcloud(audience, run)


def _from_google_auth(audience: str) -> str | None:
    """None where there is no credential that google-auth can make an ID token from."""
    from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError  # noqa: PLC0415 - 0.3 s
    from google.auth.transport.requests import Request  # noqa: PLC0415 - the same; the local stack needs none

    try:
        credentials = _credentials(audience, Request())
        if credentials is None:
            return None
        credentials.refresh(Request())  # type: ignore[no-untyped-call] # google-auth has no annotations
    except GoogleAuthError as error:
        has_key_file = bool(os.environ.get("GOOGLE_APPLICATION_CREDENTIALS"))
        if isinstance(error, DefaultCredentialsError) and not has_key_file:
            return None
        raise CliError(
            f"Google gives no ID token for this credential ({error}); {_FIX}.", ExitCode.NOT_SIGNED_IN
        ) from error
    return str(credentials.token)


def _credentials(audience: str, request: "Request") -> "Credentials | None":
    """What google-auth finds, turned into credentials for an ID token."""
    import google.auth  # noqa: PLC0415 - as above
    from google.auth import compute_engine, impersonated_credentials  # noqa: PLC0415 - as above
    from google.oauth2 import id_token, service_account  # noqa: PLC0415 - as above

    with warnings.catch_warnings(action="ignore"):  # about quota, which an ID token does not touch
        default, _ = google.auth.default(request=request)
    match default:
        case impersonated_credentials.Credentials():
            make = partial(impersonated_credentials.IDTokenCredentials, default, audience, include_email=True)
        case service_account.Credentials() | compute_engine.Credentials():
            make = partial(id_token.fetch_id_token_credentials, audience, request)
        case _:
            return None
    return make()


def _from_gcloud(audience: str, run: Run) -> str:
    gcloud = shutil.which("gcloud")
    if gcloud is None:
        raise CliError(
            f"There is no Google credential on this machine, and gcloud is not installed; {_FIX}.",
            ExitCode.NOT_SIGNED_IN,
        )
    for options in _GCLOUD_OPTIONS:
        completed = run([gcloud, "auth", "print-identity-token", *(option.format(audience) for option in options)])
        if completed.exit_code == 0:
            return completed.stdout
        if "invalid account type" not in completed.stderr.lower():
            break
    raise CliError(f"gcloud gives no ID token ({' '.join(completed.stderr.split())}); {_FIX}.", ExitCode.NOT_SIGNED_IN)
