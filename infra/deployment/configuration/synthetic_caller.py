"""Reads whether a function calls the API on a schedule, as a user does (the function with the trigger `schedule`)."""

import pulumi

from deployment.configuration.access import Access
from deployment.configuration.values import config_error

MINUTES = 5  # between two calls
SECONDS = 120  # that a call may take: four requests of 16 s each, and a start
_ISSUER = "google"  # of its tokens


def read_synthetic_caller(settings: pulumi.Config, access: Access) -> bool:
    """Whether the setting is on; raises ConfigError if its tokens would not be accepted."""
    is_on = settings.require_bool("syntheticCaller")
    if is_on and _ISSUER not in access.issuers:
        problem = f"is true, but its tokens are of the issuer {_ISSUER}, which data-api:issuers does not name"
        raise config_error(settings, "syntheticCaller", problem, "false")
    return is_on
