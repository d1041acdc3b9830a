"""Reads who may make up users for the tests of a deployed stack, and refuses anybody where people's records are.

What a tester's tokens are let do is `gateway_tester`'s.
"""

import re

import pulumi

from deployment.config_error import ConfigError
from deployment.configuration.values import config_error

_ACCOUNT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]@[a-z0-9.-]+\.gserviceaccount\.com")


def read_tester(settings: pulumi.Config) -> str:
    """The e-mail of a service account, or nothing; raises ConfigError."""
    account = settings.require("tester")
    if account and not _ACCOUNT.fullmatch(account):
        example = "ACCOUNT@PROJECT.iam.gserviceaccount.com"
        raise config_error(settings, "tester", f"is {account!r}, which is no service account's e-mail", example)
    if account and settings.require_bool("protected"):
        raise ConfigError(
            "data-api:tester lets tests make up the roles of their users, which a protected stack does not allow: "
            "pulumi config rm data-api:tester"
        )
    return account
