"""Reads and validates single values of the configuration, and words the errors for invalid ones.

An error says which setting is wrong, why, and the command that fixes it. For a whole list or object it gives the line
for the stack's file instead, because `pulumi config set` would store a string. Pulumi itself rejects a value that is
missing or has another type than Pulumi.yaml declares.
"""

import re
from collections.abc import Sequence

import pulumi

from deployment.config_error import ConfigError


def integer(settings: pulumi.Config, key: str, minimum: int, maximum: int) -> int:
    """An integer from `minimum` to `maximum`; raises ConfigError."""
    value = settings.require_int(key)
    if not minimum <= value <= maximum:
        raise config_error(settings, key, f"is {value}, but must be from {minimum} to {maximum}", str(minimum))
    return value


def non_empty_string(settings: pulumi.Config, key: str, example: str) -> str:
    """A string that is not blank; raises ConfigError."""
    value = settings.require(key)
    if not value.strip():
        raise config_error(settings, key, "is empty", example)
    return value


def string_list(
    settings: pulumi.Config, key: str, pattern: re.Pattern[str], description: str, example: str
) -> Sequence[str]:
    """A list of strings that match `pattern`; raises ConfigError. `description` names such a string: "a URL"."""
    values = settings.require_object(key)
    if not isinstance(values, list):
        raise structure_error(settings, key, "is not a list", f'["{example}"]')
    for index, value in enumerate(values):
        if not (isinstance(value, str) and pattern.fullmatch(value)):
            raise config_error(settings, key, f"contains {value!r}, which is not {description}", example, f"[{index}]")
    return values


def config_error(settings: pulumi.Config, key: str, problem: str, example: str, path: str = "") -> ConfigError:
    """The error for an invalid value, or for an invalid item of it at `path`; `example` is a valid value."""
    name = f"{settings.name}:{key}"
    key = f"--path '{name}{path}'" if path else name
    return ConfigError(f"{name} {problem}: pulumi config set {key} {example}")


def structure_error(settings: pulumi.Config, key: str, problem: str, example: str) -> ConfigError:
    """The error for a list or an object that is invalid as a whole; `example` is a valid one, in JSON."""
    name = f"{settings.name}:{key}"
    return ConfigError(f"{name} {problem}: set it in Pulumi.{pulumi.get_stack()}.yaml, under config: {name}: {example}")
