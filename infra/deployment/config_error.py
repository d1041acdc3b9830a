"""Ends a deployment with one sentence that says what to do.

Pulumi shows a RunError's message alone, where any other exception brings a traceback. Which values are refused, and
with what words, is said where they are read: `configuration`, `archive`, `gateway_document`, `runbooks`.
"""

import pulumi


class ConfigError(pulumi.RunError):
    """What was asked for cannot be deployed."""
