"""Reads the rate limits: how much one user may send to one instance before it answers 429.

The token buckets are in functions/dataapi/http/throttle.py.
"""

from collections.abc import Mapping
from typing import Any

import pulumi

from deployment.configuration.values import structure_error

MAX_VALUE = 1_000_000  # tokens (burst), or tokens per second (rate)
_EXAMPLE = '{"data.write": {"rate": 50, "burst": 1000}}'

Limits = Mapping[str, Mapping[str, float]]  # role -> rate (tokens per second) and burst (tokens)


def read_limits(settings: pulumi.Config, roles: tuple[str, ...]) -> Limits:
    """The limits by role; a role without an entry has no limit. Raises ConfigError."""
    limits = settings.require_object("limits")
    if not (isinstance(limits, dict) and limits.keys() <= {*roles}):
        raise structure_error(settings, "limits", f"must be an object of role ({', '.join(roles)}) to limit", _EXAMPLE)
    for role, limit in limits.items():
        if not (isinstance(limit, dict) and limit.keys() == {"rate", "burst"} and all(map(_is_valid, limit.values()))):
            problem = f"must have for {role} exactly rate and burst, each above 0 and at most {MAX_VALUE}"
            raise structure_error(settings, "limits", problem, _EXAMPLE)
        if limit["burst"] != int(limit["burst"]):
            raise structure_error(settings, "limits", f"must have for {role} a burst that is an integer", _EXAMPLE)
    return limits


def _is_valid(value: Any) -> bool:  # noqa: ANN401  JSON
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= MAX_VALUE
