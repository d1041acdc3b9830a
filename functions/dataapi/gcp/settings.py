"""Reads the functions' settings from the environment, when they are first needed.

Owns the names of the variables, which `infra` sets in the cloud and `data-api up` on a laptop.
"""

import os
from collections.abc import Mapping
from datetime import timedelta

import orjson

from dataapi.auth.authorization import AccessPolicy
from dataapi.http.throttle import Limit, Throttle

PROJECT = "GOOGLE_CLOUD_PROJECT"
TOPIC = "TOPIC"
DATABASE = "DATABASE"
ROLE_CLAIM = "ROLE_CLAIM"
GRANTS = "GRANTS"
LIMITS = "LIMITS"
CORS_ORIGINS = "CORS_ORIGINS"
RETENTION_DAYS = "RETENTION_DAYS"
PUBSUB_EMULATOR = "PUBSUB_EMULATOR_HOST"
FIRESTORE_EMULATOR = "FIRESTORE_EMULATOR_HOST"
# OpenTelemetry's own names (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
TRACES_ENDPOINT = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
OTLP_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
SDK_DISABLED = "OTEL_SDK_DISABLED"
TRACE_SHARE = "OTEL_TRACES_SAMPLER_ARG"


class SettingError(RuntimeError):
    """A variable is missing or cannot be read."""


def access_policy(environ: Mapping[str, str] = os.environ) -> AccessPolicy:
    """ROLE_CLAIM is a claim's name, GRANTS a JSON object of role to members, CORS_ORIGINS separated by spaces."""
    try:
        grants = {role: _members(members) for role, members in orjson.loads(environ.get(GRANTS) or "{}").items()}
    except (orjson.JSONDecodeError, AttributeError, TypeError) as error:
        raise SettingError(f'{GRANTS} must be a JSON object such as {{"data.read": ["domain:example.com"]}}') from error
    return AccessPolicy(environ.get(ROLE_CLAIM) or "Role", grants, frozenset(environ.get(CORS_ORIGINS, "").split()))


def throttle(role: str, environ: Mapping[str, str] = os.environ) -> Throttle:
    """The throttle of a role in this instance: LIMITS is a JSON object of role to {"rate": …, "burst": …}, or unset."""
    try:
        limits = {name: Limit(**limit) for name, limit in orjson.loads(environ.get(LIMITS) or "{}").items()}
    except (orjson.JSONDecodeError, AttributeError, TypeError) as error:
        raise SettingError(
            f'{LIMITS} must be a JSON object such as {{"data.write": {{"rate": 50, "burst": 1000}}}}'
        ) from error
    return Throttle(role, limits.get(role))


def retention(environ: Mapping[str, str] = os.environ) -> timedelta | None:
    """How long dead letters are kept; None for ever. RETENTION_DAYS is a whole number of days, 0 or unset."""
    days = environ.get(RETENTION_DAYS) or "0"
    if not days.isdecimal():
        raise SettingError(f"{RETENTION_DAYS} must be a whole number of days")
    return timedelta(days=int(days)) or None


def required(name: str) -> str:
    """The value of a variable that has no default."""
    value = os.environ.get(name)
    if not value:
        raise SettingError(f"{name} is not set. In the cloud the stack sets it, on a laptop `data-api up`.")
    return value


def emulator(name: str) -> str | None:
    """The host:port of an emulator, or None in the cloud."""
    return os.environ.get(name)


def traces() -> bool:
    """Whether spans are sent: an endpoint is set, and OpenTelemetry is not switched off."""
    endpoint = os.environ.get(TRACES_ENDPOINT) or os.environ.get(OTLP_ENDPOINT)
    return bool(endpoint) and os.environ.get(SDK_DISABLED, "").lower() != "true"


def trace_share() -> float:
    """The share of traces that are sent; all by default."""
    try:
        share = float(os.environ.get(TRACE_SHARE) or 1)
    except ValueError:
        share = -1
    if not 0 <= share <= 1:
        raise SettingError(f"{TRACE_SHARE} must be a number from 0 to 1, such as 0.05")
    return share


def _members(members: object) -> frozenset[str]:
    if not isinstance(members, list):
        raise TypeError
    return frozenset(_lowered(member) for member in members)


def _lowered(member: str) -> str:
    kind, colon, name = member.partition(":")
    return kind + colon + name.lower()
