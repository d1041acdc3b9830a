"""Renders the contract as API Gateway wants it for one deployment, always to the same bytes.

Owns the three differences: functions have addresses and the tokens sent to them an audience, security schemes are of
the one type that Google reads, and nothing refers to another file. What the API is, openapi.yaml says; that the
record's schema is dropped here costs nothing, since API Gateway checks no bodies, and the functions do. Which of the
contract's issuers a deployment accepts, and its quota, is `gateway_callers`'s.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from deployment.config_error import ConfigError
from deployment.gateway_config.callers import accepting, limited

Json = dict[str, Any]  # what a document holds is known to its reader only

RECORD_SCHEMA = "functions/record.schema.json"
_ADDRESS = re.compile(r"\{(?P<function>\w+)\}(?P<path>/.*)?")


@dataclass(frozen=True)
class Deployment:
    """The values of the contract's placeholders, and which of the contract's issuers are accepted."""

    project: str  # whose Identity Platform signs users in
    audiences: tuple[str, ...]
    addresses: Mapping[str, str]  # function -> URL
    issuers: tuple[str, ...] = ()  # names of security schemes; none: all that the contract has
    quota: int = 0  # requests a minute of one consumer project; 0: no API keys


def read_contract(path: Path) -> Json:
    """The contract; raises ConfigError if it is invalid."""
    try:
        contract = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(
            f"{path} is not YAML that can be read ({' '.join(str(error).split())}): correct it."
        ) from error
    if not isinstance(contract, dict) or not {"x-google-api-management", "components", "paths"} <= contract.keys():
        raise ConfigError(
            f"{path} is no OpenAPI document with paths, components and x-google-api-management: correct it."
        )
    return contract


def rendered(contract: Json, deployment: Deployment) -> bytes:
    """The document as JSON; raises ConfigError for what API Gateway would refuse or get wrong."""
    contract = accepting(contract, deployment.issuers) if deployment.issuers else contract
    management, components = contract["x-google-api-management"], contract["components"]
    backends = {name: _backend(name, backend, deployment) for name, backend in management["backends"].items()}
    schemes = {name: _scheme(name, scheme, deployment) for name, scheme in components["securitySchemes"].items()}
    document = {
        **contract,
        "x-google-api-management": {**management, "backends": backends},
        "components": {**components, "securitySchemes": schemes},
    }
    document = limited(document, deployment.quota) if deployment.quota else document
    return json.dumps(_alone(document), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _backend(name: str, backend: Json, deployment: Deployment) -> Json:
    address = _ADDRESS.fullmatch(backend["address"])
    if address is None or address["function"] not in deployment.addresses:
        functions = ", ".join(f"{{{function}}}" for function in sorted(deployment.addresses))
        raise ConfigError(
            f"The backend {name} has no function's address: begin it in openapi.yaml with one of {functions}."
        )
    url = deployment.addresses[address["function"]].rstrip("/")
    return {**backend, "address": url + (address["path"] or ""), "jwtAudience": url}


def _scheme(name: str, scheme: Json, deployment: Deployment) -> Json:
    """A bearer token of OpenAPI, written as the OAuth flow by which Google's extension knows one."""
    if (scheme["type"], scheme.get("scheme")) != ("http", "bearer") or "x-google-auth" not in scheme:
        raise ConfigError(
            f"API Gateway cannot verify the security scheme {name}: make it in openapi.yaml a bearer token "
            "(type: http, scheme: bearer) with x-google-auth."
        )
    token = scheme["x-google-auth"]
    return {
        "type": "oauth2",
        "description": scheme.get("description", name),
        "flows": {"implicit": {"authorizationUrl": "", "scopes": {}}},
        "x-google-auth": {
            "issuer": token["issuer"].replace("{project}", deployment.project),
            "jwksUri": token["jwksUri"],
            "audiences": [filled for audience in token["audiences"] for filled in _audiences(audience, deployment)],
            # By default a token in the query is accepted too, and would be logged.
            "jwtLocations": [{"header": "Authorization", "valuePrefix": "Bearer "}],
        },
    }


def _audiences(text: str, deployment: Deployment) -> tuple[str, ...]:
    return deployment.audiences if text == "{audience}" else (text.replace("{project}", deployment.project),)


def _alone(node: Any) -> Any:  # noqa: ANN401  a node of a document is of any type
    match node:
        case {"$ref": str(target)} if target == RECORD_SCHEMA:
            return {"type": "object"}
        case {"$ref": str(target)} if not target.startswith("#"):
            raise ConfigError(f"API Gateway takes one document alone: put what {target} holds into openapi.yaml.")
        case dict():
            return {name: _alone(child) for name, child in node.items()}
        case list():
            return [_alone(child) for child in node]
    return node
