"""Reads one value of the configuration, or says in one sentence what to set instead.

Owns the wording of an error: which setting, what is wrong with it, and the command that fixes it; for a list or an
object as a whole, which `pulumi config set` would store as a text, the line of the stack's file. A value that is
missing, or of another type than declared in Pulumi.yaml, Pulumi itself refuses in a sentence. Which values there are,
and in which range, is each section's.
"""

import re
from collections.abc import Sequence

import pulumi

from deployment.config_error import ConfigError


def integer(settings: pulumi.Config, key: str, least: int, most: int) -> int:
    """A number from `least` to `most`."""
    value = settings.require_int(key)
    if not least <= value <= most:
        raise config_error(settings, key, f"is {value}, but must be from {least} to {most}", str(least))
    return value


def text(settings: pulumi.Config, key: str, example: str) -> str:
    """A text that is not empty."""
    value = settings.require(key)
    if not value.strip():
        raise config_error(settings, key, "is empty", example)
    return value


def texts(settings: pulumi.Config, key: str, form: re.Pattern[str], meaning: str, example: str) -> Sequence[str]:
    """A list of texts, each of a form; `meaning` says what each of them is, `example` is one."""
    values = settings.require_object(key)
    if not isinstance(values, list):
        raise misshapen(settings, key, "is not a list", f'["{example}"]')
    for index, value in enumerate(values):
        if not (isinstance(value, str) and form.fullmatch(value)):
            raise config_error(settings, key, f"holds {value!r}, which is not {meaning}", example, f"[{index}]")
    return values


def config_error(settings: pulumi.Config, key: str, problem: str, example: str, path: str = "") -> ConfigError:
    """What to raise for a value that cannot work, or for what it holds at a path; `example` is one that could."""
    name = f"{settings.name}:{key}"
    key = f"--path '{name}{path}'" if path else name
    return ConfigError(f"{name} {problem}: pulumi config set {key} {example}")


def misshapen(settings: pulumi.Config, key: str, problem: str, example: str) -> ConfigError:
    """What to raise for a list or an object that cannot work as a whole; `example` is one that could, in JSON."""
    name = f"{settings.name}:{key}"
    return ConfigError(f"{name} {problem}: say in Pulumi.{pulumi.get_stack()}.yaml, under config: {name}: {example}")
