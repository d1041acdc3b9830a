"""Writes into the OpenAPI document who may call: the accepted issuers, and the quota of API keys.

Both change only operations that require a token; preflight and health check require none. API Gateway counts requests
only by the project of an API key, so with a quota callers need a key in addition to the token.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from deployment.config_error import ConfigError

Json = dict[str, Any]  # a JSON object of any structure

_API_KEY_SCHEME = "apiKey"
_QUOTA_METRIC = "requests"
_METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


def restrict_issuers(contract: Json, issuers: Sequence[str]) -> Json:
    """The contract with only these security schemes.

    Raises ConfigError if one is unknown, or if an operation that requires a token would accept requests without one.
    """
    schemes = contract["components"]["securitySchemes"]
    if unknown := [(index, issuer) for index, issuer in enumerate(issuers) if issuer not in schemes]:
        index, name = unknown[0]
        raise ConfigError(
            f"data-api:issuers contains {name}, but openapi.yaml only has {', '.join(sorted(schemes))}: "
            f"pulumi config set --path 'data-api:issuers[{index}]' {min(schemes)}"
        )
    accepted = {name: scheme for name, scheme in schemes.items() if name in issuers}
    return _change_security(
        {**contract, "components": {**contract["components"], "securitySchemes": accepted}},
        lambda requirements: _accepted_requirements(requirements, issuers),
    )


def add_quota(document: Json, requests_per_minute: int) -> Json:
    """The document with a quota per consumer project; operations that require a token also require an API key."""
    management, components = document["x-google-api-management"], document["components"]
    limit = {"metric": _QUOTA_METRIC, "values": requests_per_minute}
    quota = {
        "metrics": {_QUOTA_METRIC: {"displayName": "Requests"}},
        "quota": {"limits": {f"{_QUOTA_METRIC}-per-minute": limit}},
    }
    schemes = {
        **components["securitySchemes"],
        _API_KEY_SCHEME: {"type": "apiKey", "in": "header", "name": "x-api-key"},
    }
    return _add_quota_costs(
        _change_security(
            {
                **document,
                "x-google-api-management": {**management, **quota},
                "components": {**components, "securitySchemes": schemes},
            },
            lambda requirements: [{**requirement, _API_KEY_SCHEME: []} for requirement in requirements],
        )
    )


def _accepted_requirements(requirements: list[Json], issuers: Collection[str]) -> list[Json]:
    accepted = [requirement for requirement in requirements if requirement.keys() <= {*issuers}]
    if requirements and not accepted:
        raise ConfigError(
            f"With data-api:issuers {', '.join(issuers)} an operation of openapi.yaml would accept requests without a "
            f"token. Add an issuer of the operation: pulumi config set --path 'data-api:issuers[{len(issuers)}]' ISSUER"
        )
    return accepted


def _add_quota_costs(document: Json) -> Json:
    """The document, in which a call of an operation with security requirements counts as one request."""

    def add_cost(operation: Json) -> Json:
        requirements = {"security": document["security"], **operation}["security"]
        return {**operation, "x-google-quota": {"metricCosts": {_QUOTA_METRIC: 1}}} if requirements else operation

    return {**document, "paths": _change_operations(document["paths"], add_cost)}


def _change_security(document: Json, change: Callable[[list[Json]], list[Json]]) -> Json:
    """The document with changed security requirements: its own, and those of its operations."""

    def change_node(node: Json) -> Json:
        return {**node, "security": change(node["security"])} if "security" in node else node

    return {**change_node(document), "paths": _change_operations(document["paths"], change_node)}


def _change_operations(paths: Json, change: Callable[[Json], Json]) -> Json:
    return {
        path: {name: change(node) if name in _METHODS else node for name, node in item.items()}
        for path, item in paths.items()
    }
