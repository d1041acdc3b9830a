"""Calls the API at its public address as the function's own service account.

Its ID token is made for the API's audience by the metadata server, as that of any program in Google Cloud. Only the
function `probe` imports this: the libraries for HTTP take longer to import than those of all other functions.
"""

from collections.abc import Mapping

import orjson
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request
from google.oauth2.id_token import fetch_id_token

from dataapi.synthetic_caller import Answer, CallError

_TIMEOUT = 16.0  # seconds: longer than the gateway waits for a function


class ApiSession:
    """A session with the API at `url`, for one run: connections that are kept for minutes may be closed meanwhile."""

    def __init__(self, url: str, audience: str, api_key: str) -> None:
        self._url, self._audience = url, audience
        self._headers = {"x-api-key": api_key} if api_key else {}
        self._http = Request()

    def __call__(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """Raises CallError, also if there is no token."""
        try:
            if "authorization" not in self._headers:
                token = fetch_id_token(self._http, self._audience)  # type: ignore[no-untyped-call]  # google-auth's
                self._headers["authorization"] = f"Bearer {token}"
            response = self._http(
                f"{self._url}{path}",
                method,
                body or None,
                {**self._headers, **headers},
                timeout=_TIMEOUT,
                allow_redirects=False,
            )
            return Answer(response.status, orjson.loads(response.data) if response.data else None)
        except (GoogleAuthError, orjson.JSONDecodeError) as error:
            raise CallError(type(error).__name__) from error
