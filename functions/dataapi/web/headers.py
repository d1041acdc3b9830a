"""Reads the headers that protect the web page, from functions/web_headers.toml."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

# https://cloud.google.com/identity-platform/docs/use-rest-api
IDENTITY_PLATFORM = " https://identitytoolkit.googleapis.com https://securetoken.googleapis.com"


def read(path: Path, *, identity_platform: bool) -> Mapping[str, str]:
    """The headers by name; with Identity Platform, scripts may connect to its hosts. Raises OSError or ValueError."""
    hosts = IDENTITY_PLATFORM if identity_platform else ""
    declared = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: value.strip().replace("{identityPlatform}", hosts) for name, value in declared.items()}
