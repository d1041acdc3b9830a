"""Reads the functions' settings from the environment, when they are first needed.

Owns the names of the variables, which `infra` sets in the cloud and `data-api up` on a laptop.
"""

import os
import re
import sys
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path

import orjson

from dataapi.auth.authorization import READ, WRITE, AccessPolicy
from dataapi.auth.identity import ascii_lower
from dataapi.http.throttle import Limit, Throttle
from dataapi.web.configuration import GOOGLE_SIGN_IN, Configuration

PROJECT = "GOOGLE_CLOUD_PROJECT"
TOPIC = "TOPIC"
DATABASE = "DATABASE"
ROLE_CLAIM = "ROLE_CLAIM"
GRANTS = "GRANTS"
LIMITS = "LIMITS"
CORS_ORIGINS = "CORS_ORIGINS"
RETENTION_DAYS = "RETENTION_DAYS"
PAGE_FOLDER = "PAGE_FOLDER"
SIGN_IN_ENDPOINT = "SIGN_IN_ENDPOINT"
SIGN_IN_CLIENT = "SIGN_IN_CLIENT"
IDENTITY_PLATFORM_KEY = "IDENTITY_PLATFORM_KEY"
PAGE_API_KEY = "PAGE_API_KEY"
MAX_WAITING = "MAX_WAITING"
API_URL = "API_URL"
AUDIENCE = "AUDIENCE"
API_KEY = "API_KEY"
PUBSUB_EMULATOR = "PUBSUB_EMULATOR_HOST"
FIRESTORE_EMULATOR = "FIRESTORE_EMULATOR_HOST"
# OpenTelemetry's own names (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
TRACES_ENDPOINT = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
OTLP_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
SDK_DISABLED = "OTEL_SDK_DISABLED"
TRACE_SHARE = "OTEL_TRACES_SAMPLER_ARG"

_MEMBER = re.compile(r"(?:user|serviceAccount|domain):[^\s:]+|allAuthenticatedUsers")
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(?::(?:\d+|\*))?")


class SettingError(RuntimeError):
    """A variable is missing or cannot be read."""


def access_policy(environ: Mapping[str, str] = os.environ) -> AccessPolicy:
    """ROLE_CLAIM is a claim's name, GRANTS a JSON object of role to members, CORS_ORIGINS separated by spaces."""
    try:
        grants = {role: _members(members) for role, members in orjson.loads(environ.get(GRANTS) or "{}").items()}
    except (orjson.JSONDecodeError, AttributeError, TypeError) as error:
        raise SettingError(f'{GRANTS} must be a JSON object such as {{"data.read": ["domain:example.com"]}}') from error
    _check_roles(GRANTS, grants)
    return AccessPolicy(_role_claim(environ), grants, _origins(environ.get(CORS_ORIGINS, "")))


def throttle(role: str, environ: Mapping[str, str] = os.environ) -> Throttle:
    """The throttle of a role in this instance: LIMITS is a JSON object of role to {"rate": …, "burst": …}, or unset."""
    try:
        limits = {name: _limit(**limit) for name, limit in orjson.loads(environ.get(LIMITS) or "{}").items()}
    except (orjson.JSONDecodeError, AttributeError, TypeError) as error:
        raise SettingError(
            f'{LIMITS} must be a JSON object such as {{"data.write": {{"rate": 50, "burst": 1000}}}}'
        ) from error
    _check_roles(LIMITS, limits)
    return Throttle(role, limits.get(role))


def retention(environ: Mapping[str, str] = os.environ) -> timedelta | None:
    """How long dead letters are kept; None for ever. RETENTION_DAYS is a whole number of days, 0 or unset."""
    days = environ.get(RETENTION_DAYS) or "0"
    if not days.isdecimal():
        raise SettingError(f"{RETENTION_DAYS} must be a whole number of days")
    return timedelta(days=int(days)) or None


def page_configuration(environ: Mapping[str, str] = os.environ) -> Configuration:
    """How people sign in on the web page; without SIGN_IN_CLIENT they cannot."""
    return Configuration(
        authorization_endpoint=environ.get(SIGN_IN_ENDPOINT) or GOOGLE_SIGN_IN,
        client_id=environ.get(SIGN_IN_CLIENT, ""),
        identity_platform_key=environ.get(IDENTITY_PLATFORM_KEY, ""),
        role_claim=_role_claim(environ),
        api_key=environ.get(PAGE_API_KEY, ""),
    )


def page_folder() -> Path | None:
    """The folder of the web page's files, which may change while the function runs; None in the cloud."""
    folder = os.environ.get(PAGE_FOLDER)
    return Path(folder) if folder else None


def max_waiting(environ: Mapping[str, str] = os.environ) -> int:
    """How many requests of an instance may wait for changes: MAX_WAITING, a whole number, or 1,000 if it is unset."""
    text = environ.get(MAX_WAITING) or "1000"
    if not text.isdecimal():
        raise SettingError(f"{MAX_WAITING} must be a whole number of requests")
    return int(text)


def required(name: str) -> str:
    """The value of a variable that has no default."""
    value = os.environ.get(name)
    if not value:
        raise SettingError(f"{name} is not set. In the cloud the stack sets it, on a laptop `data-api up`.")
    return value


def api_key() -> str:
    """The key that a deployment with a quota needs of each caller; empty without one."""
    return os.environ.get(API_KEY, "")


def emulator(name: str) -> str | None:
    """The host:port of an emulator, or None in the cloud."""
    return os.environ.get(name)


def traces() -> bool:
    """Whether spans are sent: an endpoint is set, and OpenTelemetry is not switched off."""
    endpoint = os.environ.get(TRACES_ENDPOINT) or os.environ.get(OTLP_ENDPOINT)
    return bool(endpoint) and os.environ.get(SDK_DISABLED, "").lower() != "true"


def trace_share(environ: Mapping[str, str] = os.environ) -> float:
    """The share of traces that are sent; all by default."""
    try:
        share = float(environ.get(TRACE_SHARE) or 1)
    except ValueError:
        share = -1
    if not 0 <= share <= 1:
        raise SettingError(f"{TRACE_SHARE} must be a number from 0 to 1, such as 0.05")
    return share


def check(environ: Mapping[str, str] = os.environ) -> None:
    """Reads every setting that has a form; raises SettingError for the first invalid one."""
    access_policy(environ)
    throttle(READ, environ)
    retention(environ)
    max_waiting(environ)
    trace_share(environ)


def _role_claim(environ: Mapping[str, str]) -> str:
    return environ.get(ROLE_CLAIM) or "Role"


def _check_roles(setting: str, roles: Iterable[str]) -> None:
    if unknown := [role for role in roles if role not in (READ, WRITE)]:
        raise SettingError(f"{setting} has the unknown role {unknown[0]!r}; the roles are {READ} and {WRITE}")


def _limit(rate: object, burst: object) -> Limit:
    if not isinstance(rate, int | float) or not isinstance(burst, int) or rate <= 0 or burst <= 0:
        raise TypeError
    return Limit(rate, burst)


def _origins(text: str) -> frozenset[str]:
    origins = text.split()
    if invalid := [origin for origin in origins if not _ORIGIN.fullmatch(origin)]:
        raise SettingError(
            f"{CORS_ORIGINS} has {invalid[0]!r}, which is not an origin such as https://app.example.com or "
            "http://localhost:*"
        )
    return frozenset(origins)


def _members(members: object) -> frozenset[str]:
    if not isinstance(members, list):
        raise TypeError
    if invalid := [member for member in members if not _MEMBER.fullmatch(member)]:
        raise SettingError(
            f"{GRANTS} has {invalid[0]!r}, which is not a member such as user:ada@example.com, "
            "serviceAccount:job@project.iam.gserviceaccount.com, domain:example.com or allAuthenticatedUsers"
        )
    return frozenset(_lowered(member) for member in members)


def _lowered(member: str) -> str:
    kind, colon, name = member.partition(":")
    return kind + colon + ascii_lower(name)


def main() -> None:
    """Checks the settings in the environment before a function starts: prints the problem and exits with 1."""
    try:
        check()
    except SettingError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
