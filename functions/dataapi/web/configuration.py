"""The settings of a deployment that the web page reads at its start, from /app/config.json."""

from dataclasses import dataclass
from typing import Any

CONFIGURATION_PATH = "/app/config.json"
# https://accounts.google.com/.well-known/openid-configuration
GOOGLE_SIGN_IN = "https://accounts.google.com/o/oauth2/v2/auth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """How people sign in, and how the page calls the API. Nothing in it is secret."""

    authorization_endpoint: str  # of OpenID Connect
    client_id: str  # the OAuth client of the page; empty: nobody can sign in on the page
    identity_platform_key: str  # the API key of the browser; empty: without Identity Platform
    role_claim: str
    api_key: str  # which the page sends beside the token, where the gateway has a quota; else empty

    def content(self, digest: str) -> dict[str, Any]:
        """The JSON for the page; `digest` is that of the release that is served now."""
        sign_in = {"authorizationEndpoint": self.authorization_endpoint, "clientId": self.client_id}
        return {
            "release": digest,
            "signIn": sign_in if self.client_id else None,
            "identityPlatform": {"apiKey": self.identity_platform_key} if self.identity_platform_key else None,
            "rolesClaim": self.role_claim,
            "apiKey": self.api_key or None,
        }
