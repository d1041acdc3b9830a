"""Reads the contract, openapi.yaml, as a deployment into the local project would have it.

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

Json = dict[str, Any]  # what a JSON or YAML document holds is known to its reader only


@dataclass(frozen=True)
class Provider:
    """Someone whose tokens the gateway accepts."""

    issuer: str
    audiences: tuple[str, ...]


def load_contract(path: Path = CONTRACT) -> Json:
    """The whole document, its security schemes filled for the local project; refuses with CliError."""
    try:
        contract: Json = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise CliError(f"{path} cannot be read ({error.strerror}): restore it and try again.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        problem = " ".join(str(error).split())  # YAML's has several lines
        raise CliError(f"{path} is not YAML ({problem}): correct it and try again.") from error
    try:
        components = {**contract["components"], "securitySchemes": _filled(contract["components"]["securitySchemes"])}
        return {**contract, "paths": {**contract["paths"]}, "components": components}
    except (KeyError, TypeError) as error:
        raise CliError(f"{path} lacks paths or components.securitySchemes: restore them and try again.") from error


def providers(contract: Json) -> dict[str, Provider]:
    """By the name of their security scheme; a scheme without x-google-auth is not about tokens."""
    schemes = contract["components"]["securitySchemes"]
    return {
        name: _provider(name, scheme["x-google-auth"]) for name, scheme in schemes.items() if "x-google-auth" in scheme
    }


def _provider(name: str, stated: Json) -> Provider:
    """Without audiences Envoy would accept a token made for anyone."""
    if not stated.get("issuer") or not stated.get("audiences"):
        raise CliError(f"The security scheme {name} in openapi.yaml must name an issuer and at least one audience.")
    return Provider(stated["issuer"], tuple(stated["audiences"]))


def _filled(node: object) -> object:
    match node:
        case str():
            return _with_local_names(node)
        case list():
            return [_filled(item) for item in node]
        case Mapping():
            return {name: _filled(item) for name, item in node.items()}
    return node


def _with_local_names(text: str) -> str:
    for name, value in LOCAL_NAMES.items():
        text = text.replace(f"{{{name}}}", value)
    return text
