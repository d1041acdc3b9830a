"""Renders the Envoy configuration of the local gateway, and finds routes in it."""

from functools import cache

from data_api.shared.contract import Json, load_contract
from data_api.stack.gateway.envoy import envoy_configuration

LOCAL_KEYS = {"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "local"}]}


@cache
def shipped() -> Json:
    return load_contract()


def rendered(contract: Json) -> Json:
    functions = {"generate": 5001, "present": 5002, "delete": 5003, "web": 5004}
    return envoy_configuration(contract, port=8080, functions=functions, jwks=LOCAL_KEYS)


def connection_manager(contract: Json) -> Json:
    [listener] = rendered(contract)["static_resources"]["listeners"]
    manager: Json = listener["filter_chains"][0]["filters"][0]["typed_config"]
    return manager


def routes(contract: Json) -> list[Json]:
    [host] = connection_manager(contract)["route_config"]["virtual_hosts"]
    result: list[Json] = host["routes"]
    return result


def route(contract: Json, method: str, path: str) -> Json:
    return next(
        route
        for route in routes(contract)
        if path in (route["match"].get("path"), route["match"].get("safe_regex", {}).get("regex"))
        and route["match"].get("headers", [{}])[0].get("string_match") == {"exact": method}
    )


def requirement(contract: Json, method: str, path: str) -> object:
    """The token that Envoy requires for such a request; None if it requires none."""
    result = route(contract, method, path)["typed_per_filter_config"]
    if not result:
        return None
    manager = connection_manager(contract)
    [verifier] = [http_filter for http_filter in manager["http_filters"] if http_filter["name"] in result]
    return verifier["typed_config"]["requirement_map"][result[verifier["name"]]["requirement_name"]]
