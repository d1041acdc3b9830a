"""Reads how people sign in on the web page, and whether it has a domain of its own."""

import re
from dataclasses import dataclass

import pulumi

from deployment.config_error import ConfigError
from deployment.configuration.values import config_error

_CLIENT_ID = re.compile(r"[\w-]+\.apps\.googleusercontent\.com")
_API_KEY = re.compile(r"[\w-]{20,}")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])")
_MAX_DOMAIN = 253  # characters; RFC 1035


@dataclass(frozen=True)
class WebPage:
    """The settings of the web page; each is empty where the stack does not have it."""

    client_id: str  # the OAuth client with which people sign in
    identity_platform_key: str  # the browser's API key for Identity Platform
    domain: str  # of the load balancer
    api_key: str  # which the page sends beside the token

    def environment_variables(self) -> dict[str, str]:
        """What the function `web` needs, as environment variables."""
        variables = {
            "SIGN_IN_CLIENT": self.client_id,
            "IDENTITY_PLATFORM_KEY": self.identity_platform_key,
            "PAGE_API_KEY": self.api_key,
        }
        return {name: value for name, value in variables.items() if value}


def read_web_page(settings: pulumi.Config, quota: int) -> WebPage:
    """The configured page of a stack with this quota (0: without); raises ConfigError."""
    page = WebPage(
        client_id=_matching(
            settings, "webClientId", _CLIENT_ID, "the ID of an OAuth client", "1.apps.googleusercontent.com"
        ),
        identity_platform_key=_matching(settings, "webIdentityPlatformKey", _API_KEY, "an API key", "AIza…"),
        domain=_matching(settings, "webDomain", _DOMAIN, "a domain in lower case", "data.example.com"),
        api_key=_matching(settings, "webApiKey", _API_KEY, "an API key", "AIza…"),
    )
    if len(page.domain) > _MAX_DOMAIN:
        raise config_error(settings, "webDomain", f"has more than {_MAX_DOMAIN} characters", "data.example.com")
    if page.identity_platform_key and not page.client_id:
        raise ConfigError(
            "data-api:webIdentityPlatformKey needs data-api:webClientId, with which people sign in with Google first: "
            "pulumi config set data-api:webClientId CLIENT_ID"
        )
    if quota and page.client_id and not page.api_key:
        raise ConfigError(
            "data-api:quotaPerMinute makes every call need an API key, and the web page has none: pulumi config set "
            'data-api:webApiKey "$(pulumi stack output apiKey --show-secrets)". The output exists after the first '
            "deployment with the quota. For that one, unset the page's client: pulumi config rm data-api:webClientId"
        )
    return page


def _matching(settings: pulumi.Config, key: str, pattern: re.Pattern[str], description: str, example: str) -> str:
    """A string that is empty or matches; `description` names such a string."""
    value = settings.require(key)
    if value and not pattern.fullmatch(value):
        raise config_error(settings, key, f"is {value!r}, which is not {description}", example)
    return value
