"""Renders the contract (openapi.yaml) as the OpenAPI document of API Gateway for one deployment.

The document differs from the contract in three ways: placeholders of functions are replaced by their URLs, with an
audience for the tokens sent to them; security schemes have the one type that Google reads; and nothing refers to
another file. References to the record's schema and to its examples are dropped: API Gateway does not validate bodies,
the functions do. What callers read is the bundle, which the functions make from the same file (dataapi.openapi).
Equal input gives equal bytes. Accepted issuers and the quota are in deployment.gateway_config.callers.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from deployment.config_error import ConfigError
from deployment.gateway_config.callers import add_quota, restrict_issuers

Json = dict[str, Any]  # a JSON object of any structure

RECORD_SCHEMA = "functions/record.schema.json"
_BACKEND_ADDRESS = re.compile(r"\{(?P<function>\w+)\}(?P<path>/.*)?")


@dataclass(frozen=True)
class Deployment:
    """The values of the contract's placeholders, and who may call."""

    project: str  # project of the Identity Platform that signs users in
    audiences: tuple[str, ...]
    urls: Mapping[str, str]  # function -> URL
    issuers: tuple[str, ...] = ()  # names of accepted security schemes; empty: all of the contract
    quota: int = 0  # requests per minute of one consumer project; 0: no quota and no API keys


def read_contract(path: Path) -> Json:
    """The contract; raises ConfigError if it is invalid."""
    try:
        contract = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"{path} cannot be read as YAML ({' '.join(str(error).split())}): fix the file.") from error
    if not isinstance(contract, dict) or not {"x-google-api-management", "components", "paths"} <= contract.keys():
        raise ConfigError(
            f"{path} is not an OpenAPI document with paths, components and x-google-api-management: fix the file."
        )
    return contract


def render(contract: Json, deployment: Deployment) -> bytes:
    """The document as JSON; raises ConfigError for what API Gateway would reject or misinterpret."""
    contract = restrict_issuers(contract, deployment.issuers) if deployment.issuers else contract
    management, components = contract["x-google-api-management"], contract["components"]
    backends = {name: _backend(name, backend, deployment) for name, backend in management["backends"].items()}
    schemes = {name: _scheme(name, scheme, deployment) for name, scheme in components["securitySchemes"].items()}
    document = {
        **contract,
        "x-google-api-management": {**management, "backends": backends},
        "components": {**components, "securitySchemes": schemes},
    }
    document = add_quota(document, deployment.quota) if deployment.quota else document
    return json.dumps(_resolve_references(document), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _backend(name: str, backend: Json, deployment: Deployment) -> Json:
    address = _BACKEND_ADDRESS.fullmatch(backend["address"])
    if address is None or address["function"] not in deployment.urls:
        functions = ", ".join(f"{{{function}}}" for function in sorted(deployment.urls))
        raise ConfigError(
            f"The address of the backend {name} in openapi.yaml must begin with one of {functions}: change it there."
        )
    url = deployment.urls[address["function"]].rstrip("/")
    return {**backend, "address": url + (address["path"] or ""), "jwtAudience": url}


def _scheme(name: str, scheme: Json, deployment: Deployment) -> Json:
    """A bearer token, written as an OAuth 2 flow: the only form for which API Gateway reads x-google-auth."""
    if (scheme["type"], scheme.get("scheme")) != ("http", "bearer") or "x-google-auth" not in scheme:
        raise ConfigError(
            f"API Gateway cannot verify the security scheme {name}: change it in openapi.yaml to a bearer token "
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
            "audiences": [value for audience in token["audiences"] for value in _audiences(audience, deployment)],
            # By default the gateway also accepts a token in the query, where it would be logged.
            "jwtLocations": [{"header": "Authorization", "valuePrefix": "Bearer "}],
        },
    }


def _audiences(audience: str, deployment: Deployment) -> tuple[str, ...]:
    """The values of an audience of the contract: the placeholder {audience} has one or more."""
    return deployment.audiences if audience == "{audience}" else (audience.replace("{project}", deployment.project),)


def _resolve_references(node: Any) -> Any:  # noqa: ANN401  a node of a document is of any type
    """The node without references to other files."""
    match node:
        case {"$ref": str(target)} if target.partition("#")[0] == RECORD_SCHEMA:
            return {"type": "object"}
        case {"$ref": str(target)} if not target.startswith("#"):
            raise ConfigError(
                f"API Gateway accepts only one document, but openapi.yaml refers to {target}: "
                "copy its content into openapi.yaml."
            )
        case dict():
            return {name: _resolve_references(child) for name, child in node.items()}
        case list():
            return [_resolve_references(child) for child in node]
    return node
