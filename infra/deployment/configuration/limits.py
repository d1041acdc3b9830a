"""Reads how much one user may send to one instance before it answers 429.

What a bucket is, and how a batch is counted, is `functions/dataapi/http/throttle.py`'s.
"""

from collections.abc import Mapping
from typing import Any

import pulumi

from deployment.configuration.values import misshapen

MOST = 1_000_000  # tokens, or tokens a second
_EXAMPLE = '{"data.write": {"rate": 50, "burst": 1000}}'

Limits = Mapping[str, Mapping[str, float]]  # role -> rate (a second) and burst


def read_limits(settings: pulumi.Config, roles: tuple[str, ...]) -> Limits:
    """The limits of the roles that have one; raises ConfigError."""
    limits = settings.require_object("limits")
    if not (isinstance(limits, dict) and limits.keys() <= {*roles}):
        raise misshapen(settings, "limits", f"is not an object of role ({' or '.join(roles)}) to limit", _EXAMPLE)
    for role, limit in limits.items():
        if not (isinstance(limit, dict) and limit.keys() == {"rate", "burst"} and all(map(_holds, limit.values()))):
            raise misshapen(settings, "limits", f"has under {role} no rate and burst above 0", _EXAMPLE)
        if limit["burst"] != int(limit["burst"]):
            raise misshapen(settings, "limits", f"has under {role} a burst that is no whole number", _EXAMPLE)
    return limits


def _holds(value: Any) -> bool:  # noqa: ANN401  JSON
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= MOST
