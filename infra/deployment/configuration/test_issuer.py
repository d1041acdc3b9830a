"""Reads the service account that signs tokens for the tests of a deployed stack; a protected stack must not have one.

What its tokens allow is in deployment/gateway_config/test_issuer.py.
"""

import re

import pulumi

from deployment.config_error import ConfigError
from deployment.configuration.values import config_error

_SERVICE_ACCOUNT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]@[a-z0-9.-]+\.gserviceaccount\.com")


def read_tester(settings: pulumi.Config) -> str:
    """The e-mail address of the service account, or an empty string; raises ConfigError."""
    account = settings.require("tester")
    if account and not _SERVICE_ACCOUNT.fullmatch(account):
        problem = f"is {account!r}, which is not the e-mail address of a service account"
        raise config_error(settings, "tester", problem, "ACCOUNT@PROJECT.iam.gserviceaccount.com")
    if account and settings.require_bool("protected"):
        raise ConfigError(
            "data-api:tester lets tests give themselves any role, which a protected stack does not allow: "
            "pulumi config rm data-api:tester"
        )
    return account
