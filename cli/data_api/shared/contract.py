"""Reads the contract, openapi.yaml, for the local project.

It fills in the local project and audience, and reads which tokens the contract accepts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from data_api.shared.errors import CliError

CONTRACT = Path(__file__).parents[3] / "openapi.yaml"
LOCAL_NAMES = {"project": "data-api-local", "audience": "data-api-local"}

Json = dict[str, Any]  # a JSON or YAML document


@dataclass(frozen=True)
class Provider:
    """An issuer whose tokens the gateway accepts, for these audiences."""

    issuer: str
    audiences: tuple[str, ...]


def load_contract(path: Path = CONTRACT) -> Json:
    """The whole document, with the local names in its security schemes; raises CliError if it is invalid."""
    try:
        contract: Json = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise CliError(f"{path} cannot be read ({error.strerror}): restore it and try again.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        problem = " ".join(str(error).split())  # a YAML error has several lines
        raise CliError(f"{path} is not YAML ({problem}): correct it and try again.") from error
    try:
        security_schemes = _with_local_names(contract["components"]["securitySchemes"])
        components = {**contract["components"], "securitySchemes": security_schemes}
        return {**contract, "paths": {**contract["paths"]}, "components": components}
    except (KeyError, TypeError) as error:
        raise CliError(f"{path} lacks paths or components.securitySchemes: restore them and try again.") from error


def providers(contract: Json) -> dict[str, Provider]:
    """By the name of the security scheme; a scheme without x-google-auth has no tokens."""
    schemes = contract["components"]["securitySchemes"]
    return {
        name: _provider(name, scheme["x-google-auth"]) for name, scheme in schemes.items() if "x-google-auth" in scheme
    }


def _provider(name: str, settings: Json) -> Provider:
    """Audiences are required, because without them Envoy would accept tokens for any audience."""
    if not settings.get("issuer") or not settings.get("audiences"):
        raise CliError(f"The security scheme {name} in openapi.yaml must name an issuer and at least one audience.")
    return Provider(settings["issuer"], tuple(settings["audiences"]))


def _with_local_names(node: object) -> object:
    match node:
        case str():
            return _replace_names(node)
        case list():
            return [_with_local_names(item) for item in node]
        case Mapping():
            return {name: _with_local_names(item) for name, item in node.items()}
    return node


def _replace_names(text: str) -> str:
    for name, value in LOCAL_NAMES.items():
        text = text.replace(f"{{{name}}}", value)
    return text
