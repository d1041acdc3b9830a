"""Reads who may call the API: accepted issuers and audiences, roles of users, CORS origins, rate limits and quota."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pulumi

from deployment.configuration.environment import Environment
from deployment.configuration.limits import Limits, read_limits
from deployment.configuration.values import config_error, integer, non_empty_string, string_list, structure_error

ROLES = ("data.read", "data.write")
# API Gateway's own limit is 10,000,000 requests in 100 seconds, for all projects together.
MAX_REQUESTS_PER_MINUTE = 1_000_000
_MEMBER = re.compile(r"(?:user|serviceAccount|domain):[^\s:]+|allAuthenticatedUsers")
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(?::(?:\d+|\*))?")
_PROJECT_ID = re.compile(r"(?:[a-z][a-z0-9-]{4,28}[a-z0-9])?")  # empty: the deployment's own project
_MEMBER_EXAMPLE = "user:ada@example.com"
_GRANTS_EXAMPLE = f'{{"data.read": ["{_MEMBER_EXAMPLE}"]}}'


@dataclass(frozen=True)
class Access:
    """Who may call the API, from which web pages, and how often."""

    issuers: tuple[str, ...]  # names of security schemes in openapi.yaml
    users_project: str  # project of the Identity Platform that signs users in
    audiences: tuple[str, ...]  # of accepted tokens; the first is the deployment's own
    role_claim: str  # name of the token's claim that has the roles
    grants: Mapping[str, tuple[str, ...]]  # role -> members
    origins: tuple[str, ...]  # of web pages that may call (CORS)
    limits: Limits  # for one user in one instance
    quota: int  # requests per minute of one consumer project; 0: no quota and no API keys

    def with_member(self, member: str) -> "Access":
        """The same, with both roles also for this member."""
        return replace(self, grants={role: (*self.grants.get(role, ()), member) for role in ROLES})

    def environment_variables(self) -> dict[str, str]:
        """What the functions need, as environment variables."""
        return {
            "ROLE_CLAIM": self.role_claim,
            "GRANTS": json.dumps(self.grants, sort_keys=True),
            "LIMITS": json.dumps(self.limits, sort_keys=True),
            "CORS_ORIGINS": " ".join(self.origins),
        }


def read_access(settings: pulumi.Config, environment: Environment, page_client: str) -> Access:
    """The configured access, also for tokens of the web page's client if it has one; raises ConfigError."""
    own_audience = f"{environment.prefix}.{environment.project}"
    return Access(
        issuers=_issuers(settings),
        users_project=_users_project(settings) or environment.project,
        audiences=tuple(dict.fromkeys([own_audience, *filter(None, [page_client]), *_client_ids(settings)])),
        role_claim=non_empty_string(settings, "roleClaim", "Role"),
        grants=_grants(settings),
        origins=tuple(string_list(settings, "corsOrigins", _ORIGIN, "an origin", "https://app.example.com")),
        limits=read_limits(settings, ROLES),
        quota=read_quota(settings),
    )


def read_quota(settings: pulumi.Config) -> int:
    """Requests a minute of one consumer project, or 0; raises ConfigError."""
    return integer(settings, "quotaPerMinute", 0, MAX_REQUESTS_PER_MINUTE)


def _client_ids(settings: pulumi.Config) -> Sequence[str]:
    example = "123456789.apps.googleusercontent.com"
    return string_list(settings, "audiences", re.compile(r"\S+"), "a client ID", example)


def _issuers(settings: pulumi.Config) -> tuple[str, ...]:
    description = "the name of a security scheme in openapi.yaml"
    issuers = string_list(settings, "issuers", re.compile(r"\w+"), description, "google")
    if not issuers:
        raise config_error(settings, "issuers", "is empty, so no token would be accepted", "google", "[0]")
    return tuple(issuers)


def _users_project(settings: pulumi.Config) -> str:
    project = settings.require("identityPlatformProject")
    if not _PROJECT_ID.fullmatch(project):
        raise config_error(
            settings, "identityPlatformProject", f"is {project!r}, which is not a project ID", "my-users"
        )
    return project


def _grants(settings: pulumi.Config) -> dict[str, tuple[str, ...]]:
    grants = settings.require_object("grants")
    if not isinstance(grants, dict):
        raise structure_error(settings, "grants", "must be an object of role to list of members", _GRANTS_EXAMPLE)
    return {role: _members(settings, role, members) for role, members in grants.items()}


def _members(settings: pulumi.Config, role: str, members: Any) -> tuple[str, ...]:  # noqa: ANN401  JSON
    if role not in ROLES:
        problem = f"has the unknown role {role!r} (valid roles: {', '.join(ROLES)})"
        raise structure_error(settings, "grants", problem, _GRANTS_EXAMPLE)
    if not isinstance(members, list):
        raise structure_error(settings, "grants", f"must have a list of members for {role}", _GRANTS_EXAMPLE)
    for index, member in enumerate(members):
        if not (isinstance(member, str) and _MEMBER.fullmatch(member)):
            problem = f"contains {member!r}, which is not a valid IAM member"
            raise config_error(settings, "grants", problem, _MEMBER_EXAMPLE, f'["{role}"][{index}]')
    return tuple(members)
