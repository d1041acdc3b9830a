"""Says in a gateway's document who may call: whose tokens are accepted, and how often those with an API key may.

Owns how the document says so, for the operations that demand a token; preflight and health demand nothing and stay so.
API Gateway counts requests by the project of an API key and by nothing else, so a quota makes the key a duty: beside
the token, never in its place. What else differs from the contract is `gateway_document`'s.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from deployment.config_error import ConfigError

Json = dict[str, Any]  # what a document holds is known to its reader only

KEY, METRIC = "apiKey", "requests"
_METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


def accepting(contract: Json, issuers: Sequence[str]) -> Json:
    """The contract with only these security schemes; raises ConfigError if one is unknown or an operation has none."""
    schemes = contract["components"]["securitySchemes"]
    if unknown := [(index, issuer) for index, issuer in enumerate(issuers) if issuer not in schemes]:
        index, name = unknown[0]
        raise ConfigError(
            f"data-api:issuers names {name}, but openapi.yaml has {', '.join(sorted(schemes))}: "
            f"pulumi config set --path 'data-api:issuers[{index}]' {min(schemes)}"
        )
    accepted = {name: scheme for name, scheme in schemes.items() if name in issuers}
    return _demanding(
        {**contract, "components": {**contract["components"], "securitySchemes": accepted}},
        lambda demands: _of(demands, issuers),
    )


def limited(document: Json, per_minute: int) -> Json:
    """The document in which what needs a token needs an API key too, whose project has so many requests a minute."""
    management, components = document["x-google-api-management"], document["components"]
    limit = {"metric": METRIC, "values": per_minute}
    quota = {"metrics": {METRIC: {"displayName": "Requests"}}, "quota": {"limits": {f"{METRIC}-per-minute": limit}}}
    schemes = {**components["securitySchemes"], KEY: {"type": "apiKey", "in": "header", "name": "x-api-key"}}
    return _counted(
        _demanding(
            {
                **document,
                "x-google-api-management": {**management, **quota},
                "components": {**components, "securitySchemes": schemes},
            },
            lambda demands: [{**demand, KEY: []} for demand in demands],
        )
    )


def _of(demands: list[Json], issuers: Collection[str]) -> list[Json]:
    possible = [demand for demand in demands if demand.keys() <= {*issuers}]
    if demands and not possible:
        raise ConfigError(
            f"With data-api:issuers {', '.join(issuers)} an operation of openapi.yaml would demand no token and let "
            "everybody in: add to data-api:issuers one that the operation accepts."
        )
    return possible


def _counted(document: Json) -> Json:
    """The document, in which each operation that demands something counts as one request."""

    def counted(operation: Json) -> Json:
        demands = {"security": document["security"], **operation}["security"]
        return {**operation, "x-google-quota": {"metricCosts": {METRIC: 1}}} if demands else operation

    return {**document, "paths": _each_operation(document["paths"], counted)}


def _demanding(document: Json, change: Callable[[list[Json]], list[Json]]) -> Json:
    """The document with other demands, wherever it says any."""

    def changed(node: Json) -> Json:
        return {**node, "security": change(node["security"])} if "security" in node else node

    return {**changed(document), "paths": _each_operation(document["paths"], changed)}


def _each_operation(paths: Json, change: Callable[[Json], Json]) -> Json:
    return {
        path: {name: change(node) if name in _METHODS else node for name, node in item.items()}
        for path, item in paths.items()
    }
