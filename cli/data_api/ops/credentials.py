"""Finds the Google credential of this machine and puts its token on every call.

Owns the sentences for a credential that is missing or refused, and impersonation as Pulumi's configuration asks for.
google-auth does the finding and the renewing.
"""

import threading
import warnings
from collections.abc import Generator
from typing import TYPE_CHECKING

import httpx

from data_api.shared.errors import CliError, ExitCode
from data_api.shared.gcloud import PROJECTS

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
SIGN_IN = "gcloud auth login --update-adc"


class Authorization(httpx.Auth):
    """Signs calls with a credential, renewed before it expires."""

    def __init__(self, credentials: "Credentials") -> None:
        self.credentials = credentials
        self._renewing = threading.Lock()

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Adds the headers that Google wants; raises CliError where Google gives no token."""
        request.headers.update(self.headers(request.method, str(request.url)))
        yield request

    def headers(self, method: str = "GET", address: str = "") -> dict[str, str]:
        """What identifies the caller, renewed if need be; raises CliError where Google gives no token."""
        from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415 - 0.3 s that `--help` need not wait for
        from google.auth.transport.requests import Request  # noqa: PLC0415 - the same

        headers: dict[str, str] = {}
        try:
            with self._renewing:
                self.credentials.before_request(Request(), method, address, headers)  # type: ignore[no-untyped-call] # google-auth has no annotations
        except GoogleAuthError as error:
            raise CliError(
                f"Google does not accept this machine's credential ({error}): {SIGN_IN}", ExitCode.NOT_SIGNED_IN
            ) from error
        return headers

    @property
    def account(self) -> str:
        """The service account's e-mail address; nothing for a person, whose credential does not say."""
        return str(getattr(self.credentials, "service_account_email", "") or "")

    @property
    def is_of_gcloud(self) -> bool:
        """Whether it is a person's, as gcloud leaves it."""
        client = str(getattr(self.credentials, "client_id", "") or "")
        return client.startswith(tuple(f"{project}{end}" for project in PROJECTS for end in "-."))

    @property
    def quota_project(self) -> str:
        """The project that its calls count for; nothing if it names none."""
        return str(getattr(self.credentials, "quota_project_id", "") or "")


def authorization(impersonated: str = "") -> Authorization:
    """Of what google-auth finds, or of the service account that it acts as; raises CliError where there is nothing."""
    import google.auth  # noqa: PLC0415 - as above
    from google.auth import impersonated_credentials  # noqa: PLC0415 - as above
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415 - as above

    try:
        with warnings.catch_warnings(action="ignore"):  # about quota of a person's own project
            credential, _ = google.auth.default(scopes=[SCOPE])
    except GoogleAuthError as error:
        raise CliError(
            f"There is no Google credential on this machine ({error}): {SIGN_IN}", ExitCode.NOT_SIGNED_IN
        ) from error
    if impersonated:
        credential = impersonated_credentials.Credentials(credential, impersonated, [SCOPE])  # type: ignore[no-untyped-call] # as above
    return Authorization(credential)
