"""Reads who may call the API: whose tokens are accepted, who has which role, from which pages, and how often."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from deployment.configuration.environment import Environment
from deployment.configuration.limits import Limits, read_limits
from deployment.configuration.values import config_error, integer, misshapen, text, texts

ROLES = ("data.read", "data.write")
MOST_REQUESTS = 1_000_000  # a minute; API Gateway itself takes 10,000,000 in 100 seconds of all projects together
_MEMBER = re.compile(r"(?:user|serviceAccount|domain):[^\s:]+|allAuthenticatedUsers")
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(?::(?:\d+|\*))?")
_PROJECT = re.compile(r"(?:[a-z][a-z0-9-]{4,28}[a-z0-9])?")  # or empty
_MEMBER_EXAMPLE = "user:ada@example.com"
_GRANTS_EXAMPLE = f'{{"data.read": ["{_MEMBER_EXAMPLE}"]}}'


@dataclass(frozen=True)
class Access:
    """Who may call the API, from where, and how often."""

    issuers: tuple[str, ...]  # names of security schemes in openapi.yaml
    users_project: str  # whose Identity Platform signs users in
    audiences: tuple[str, ...]  # the first is the deployment's own
    role_claim: str
    grants: Mapping[str, tuple[str, ...]]  # role -> members
    origins: tuple[str, ...]
    limits: Limits  # of one user in one instance
    quota: int  # requests a minute of one consumer project; 0: no API keys

    def environment_variables(self) -> dict[str, str]:
        """As the functions read it from their environment."""
        return {
            "ROLE_CLAIM": self.role_claim,
            "GRANTS": json.dumps(self.grants, sort_keys=True),
            "LIMITS": json.dumps(self.limits, sort_keys=True),
            "CORS_ORIGINS": " ".join(self.origins),
        }


def read_access(settings: pulumi.Config, environment: Environment) -> Access:
    """The access that the settings say, to a deployment in this place."""
    own_audience = f"{environment.prefix}.{environment.project}"
    return Access(
        issuers=_issuers(settings),
        users_project=_users_project(settings) or environment.project,
        audiences=(own_audience, *_client_ids(settings)),
        role_claim=text(settings, "roleClaim", "Role"),
        grants=_grants(settings),
        origins=tuple(texts(settings, "corsOrigins", _ORIGIN, "an origin", "https://app.example.com")),
        limits=read_limits(settings, ROLES),
        quota=integer(settings, "quotaPerMinute", 0, MOST_REQUESTS),
    )


def _client_ids(settings: pulumi.Config) -> Sequence[str]:
    example = "123456789.apps.googleusercontent.com"
    return texts(settings, "audiences", re.compile(r"\S+"), "a client ID", example)


def _issuers(settings: pulumi.Config) -> tuple[str, ...]:
    issuers = texts(settings, "issuers", re.compile(r"\w+"), "the name of a security scheme in openapi.yaml", "google")
    if not issuers:
        raise config_error(settings, "issuers", "is empty, so that no token would be accepted", "google", "[0]")
    return tuple(issuers)


def _users_project(settings: pulumi.Config) -> str:
    project = settings.require("identityPlatformProject")
    if not _PROJECT.fullmatch(project):
        raise config_error(settings, "identityPlatformProject", f"is {project!r}, which is no project's id", "my-users")
    return project


def _grants(settings: pulumi.Config) -> dict[str, tuple[str, ...]]:
    grants = settings.require_object("grants")
    if not isinstance(grants, dict):
        raise misshapen(settings, "grants", "is not an object of role to members", _GRANTS_EXAMPLE)
    return {role: _members(settings, role, members) for role, members in grants.items()}


def _members(settings: pulumi.Config, role: str, members: Any) -> tuple[str, ...]:  # noqa: ANN401  JSON
    if role not in ROLES:
        raise misshapen(settings, "grants", f"has the role {role!r}; there are {' and '.join(ROLES)}", _GRANTS_EXAMPLE)
    if not isinstance(members, list):
        raise misshapen(settings, "grants", f"has no list of members under {role}", _GRANTS_EXAMPLE)
    for index, member in enumerate(members):
        if not (isinstance(member, str) and _MEMBER.fullmatch(member)):
            problem = f"names {member!r}, which is no member of IAM"
            raise config_error(settings, "grants", problem, _MEMBER_EXAMPLE, f'["{role}"][{index}]')
    return tuple(members)
