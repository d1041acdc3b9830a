"""Ends a deployment with one sentence that says what to do.

Pulumi shows a RunError's message alone, where any other exception brings a traceback. Which values are refused, and
with what words, is said where they are read: `configuration` and its like, `archive`, `gateway_document`, `runbooks`.
"""

import pulumi


class Refusal(pulumi.RunError):
    """What was asked for cannot be deployed."""


def refused_setting(settings: pulumi.Config, key: str, problem: str, example: str) -> Refusal:
    """A setting that cannot work; `example` is what could stand behind `pulumi config set` and its name."""
    name = f"{settings.name}:{key}"
    return Refusal(f"{name} {problem}: pulumi config set {name} {example}")
