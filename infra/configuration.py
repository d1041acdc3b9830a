"""Reads the stack's configuration, once, into frozen values, and refuses what cannot work before anything is made.

Owns the ranges and forms of the values. Their defaults and reasons stand in Pulumi.yaml; a value that is missing, or
of another type than declared there, Pulumi itself refuses in a sentence. What the values become is the components'.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from refusal import Refusal

ROLES = ("data.read", "data.write")
GATEWAY_DEADLINE = 15  # seconds; openapi.yaml
MAX_ACK_DEADLINE = 600  # seconds; https://cloud.google.com/pubsub/docs/lease-management
CPUS = (1, 2, 4, 6, 8)  # https://cloud.google.com/run/docs/configuring/services/cpu; none is less, for concurrency
# Where API Gateway is (https://cloud.google.com/api-gateway/docs/deployment-model, April 2026).
REGIONS = (
    "asia-northeast1",
    "australia-southeast1",
    "europe-west1",
    "europe-west2",
    "us-central1",
    "us-east1",
    "us-east4",
    "us-west2",
    "us-west3",
    "us-west4",
)
# With "data-api-" before it and "-generate" behind it a service account's id, which has at most 30 characters.
_STACK = re.compile(r"[a-z](?:[a-z0-9-]{0,10}[a-z0-9])?")
_MEMBER = re.compile(r"(?:user|serviceAccount|domain):[^\s:]+|allAuthenticatedUsers")
_TESTER = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]@[a-z0-9.-]+\.gserviceaccount\.com")
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(?::\d+)?")


@dataclass(frozen=True)
class Place:
    """Where a stack is, and what the names of its resources begin with."""

    project: str
    region: str
    prefix: str


@dataclass(frozen=True)
class Scale:
    """How large each function is, and how many instances it has."""

    memory: int  # MiB
    cpu: int
    concurrency: int
    min_instances: int
    max_instances: int
    timeout: int  # seconds


@dataclass(frozen=True)
class Access:
    """Who may call the API, and from where."""

    audiences: tuple[str, ...]  # the first is the deployment's own
    role_claim: str
    grants: Mapping[str, tuple[str, ...]]  # role -> members
    origins: tuple[str, ...]

    def environment(self) -> dict[str, str]:
        """As the functions read it from their environment."""
        return {
            "ROLE_CLAIM": self.role_claim,
            "GRANTS": json.dumps(self.grants, sort_keys=True),
            "CORS_ORIGINS": " ".join(self.origins),
        }


@dataclass(frozen=True)
class Configuration:
    """All that one stack may say otherwise than another."""

    place: Place
    scale: Scale
    access: Access
    protected: bool
    recoverable: bool
    tester: str  # the service account that makes up users for the tests of the deployed stack; or none


def read(stack: str, settings: pulumi.Config, provider: pulumi.Config) -> Configuration:
    """The configuration of a stack: its own settings and those of the Google provider; raises Refusal."""
    place = _place(stack, provider)
    return Configuration(
        place=place,
        scale=_scale(settings),
        access=_access(settings, own_audience=f"{place.prefix}.{place.project}"),
        protected=settings.require_bool("protected"),
        recoverable=settings.require_bool("recoverable"),
        tester=_tester(settings),
    )


def _place(stack: str, provider: pulumi.Config) -> Place:
    if not _STACK.fullmatch(stack):
        raise Refusal(
            f"{stack!r} cannot begin the names of Google's resources: name the stack with at most 12 lower-case "
            "letters, digits and dashes, a letter first and no dash last (pulumi stack rename dev)."
        )
    project = provider.get("project")
    if not project:
        raise Refusal("It is not said where to deploy: pulumi config set gcp:project THE_ID_OF_YOUR_PROJECT")
    region = provider.get("region")
    if region not in REGIONS:
        said = f"API Gateway is not in {region}" if region else "It is not said in which region to deploy"
        raise Refusal(f"{said}: pulumi config set gcp:region to one of {', '.join(REGIONS)}.")
    return Place(project, region, f"data-api-{stack}")


def _scale(settings: pulumi.Config) -> Scale:
    min_instances = _integer(settings, "minInstances", 0, 1_000)
    return Scale(
        memory=_integer(settings, "memory", 512, 32_768),
        cpu=_cpus(settings),
        concurrency=_integer(settings, "concurrency", 1, 1_000),
        min_instances=min_instances,
        max_instances=_integer(settings, "maxInstances", max(1, min_instances), 1_000),
        timeout=_integer(settings, "timeoutSeconds", GATEWAY_DEADLINE, MAX_ACK_DEADLINE),
    )


def _access(settings: pulumi.Config, own_audience: str) -> Access:
    return Access(
        audiences=(own_audience, *_texts(settings, "audiences", re.compile(r"\S+"), "a client ID")),
        role_claim=_text(settings, "roleClaim"),
        grants=_grants(settings),
        origins=tuple(_texts(settings, "corsOrigins", _ORIGIN, "an origin such as https://app.example.com")),
    )


def _tester(settings: pulumi.Config) -> str:
    account = settings.require("tester")
    if account and not _TESTER.fullmatch(account):
        example = "ACCOUNT@PROJECT.iam.gserviceaccount.com"
        raise _refusal(settings, "tester", f"is {account!r}, which is no service account's e-mail", example)
    if account and settings.require_bool("protected"):
        raise Refusal(
            "data-api:tester lets tests make up the roles of their users, which a protected stack does not allow: "
            "pulumi config rm data-api:tester"
        )
    return account


def _integer(settings: pulumi.Config, key: str, least: int, most: int) -> int:
    value = settings.require_int(key)
    if not least <= value <= most:
        raise _refusal(settings, key, f"is {value}, but must be from {least} to {most}", str(least))
    return value


def _cpus(settings: pulumi.Config) -> int:
    value = settings.require_int("cpu")
    if value not in CPUS:
        raise _refusal(settings, "cpu", f"is {value}, but Cloud Run has {', '.join(map(str, CPUS))}", "1")
    return value


def _text(settings: pulumi.Config, key: str) -> str:
    value = settings.require(key)
    if not value.strip():
        raise _refusal(settings, key, "is empty", "Role")
    return value


def _texts(settings: pulumi.Config, key: str, form: re.Pattern[str], meaning: str) -> Iterable[str]:
    values = settings.require_object(key)
    if not isinstance(values, list):
        raise _refusal(settings, key, "is not a list", "'[…]'")
    for value in values:
        if not (isinstance(value, str) and form.fullmatch(value)):
            raise _refusal(settings, key, f"holds {value!r}, which is not {meaning}", "'[…]'")
    return values


def _grants(settings: pulumi.Config) -> dict[str, tuple[str, ...]]:
    grants = settings.require_object("grants")
    if not isinstance(grants, dict):
        raise _refusal(settings, "grants", "is not an object of role to members", _GRANTS_EXAMPLE)
    return {role: _members(settings, role, members) for role, members in grants.items()}


def _members(settings: pulumi.Config, role: str, members: Any) -> tuple[str, ...]:  # noqa: ANN401  JSON
    if role not in ROLES:
        raise _refusal(settings, "grants", f"has the role {role!r}; there are {' and '.join(ROLES)}", _GRANTS_EXAMPLE)
    if not isinstance(members, list):
        raise _refusal(settings, "grants", f"has no list of members under {role}", _GRANTS_EXAMPLE)
    for member in members:
        if not (isinstance(member, str) and _MEMBER.fullmatch(member)):
            raise _refusal(settings, "grants", f"names {member!r}, which is no member of IAM", _GRANTS_EXAMPLE)
    return tuple(members)


_GRANTS_EXAMPLE = """'{"data.read": ["user:ada@example.com"]}'"""


def _refusal(settings: pulumi.Config, key: str, problem: str, example: str) -> Refusal:
    name = f"{settings.name}:{key}"
    return Refusal(f"{name} {problem}: pulumi config set {name} {example}")
