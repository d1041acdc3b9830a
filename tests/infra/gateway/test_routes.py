"""The gateway in the cloud and the local one are both configured from the contract."""

import base64
import json
import re

from data_api.shared.contract import load_contract
from data_api.stack.gateway.routes import operations, routes
from tests.support.infra.recorded_deployment import Json, RecordedDeployment
from tests.support.infra.resource_types import CONFIGURATION

METHODS = ("GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE")
STRANGE_PATHS = ("/", "/health", "/data/one/two", "/healthz/more", "/metrics")


def test_the_gateway_in_the_cloud_and_the_local_one_route_the_same_requests(each_stack: RecordedDeployment) -> None:
    (configured,) = each_stack.one(CONFIGURATION, "gateway").inputs["openapiDocuments"]
    document = json.loads(base64.b64decode(configured["document"]["contents"]))
    operations_in_cloud = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    paths = {*document["paths"], *load_contract()["paths"], *STRANGE_PATHS}
    # DELETE /data/changes is a DELETE of /data/{id}, since /data/changes has no DELETE of its own.
    in_cloud = {(method, path) for method, template in operations_in_cloud for path in paths if covers(template, path)}
    assert in_cloud
    local = local_routes()
    assert in_cloud == {(method, path) for method in METHODS for path in paths if is_routed(local, method, path)}


def covers(template: str, path: str) -> bool:
    """Whether requests with this path have the form of the template."""
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) is not None


def local_routes() -> list[Json]:
    """The routes of the local gateway, in their order."""
    declared = operations(load_contract())
    return routes(declared, dict.fromkeys({operation.function for operation in declared}, 1), "jwt")


def is_routed(local: list[Json], method: str, path: str) -> bool:
    """Whether the local gateway routes a request with this path template to a function."""
    sent = re.sub(r"\{\w+\}", "some-id", path)
    return "route" in next(route for route in local if matches(route["match"], method, sent))


def matches(match: Json, method: str, path: str) -> bool:
    if any(header["string_match"]["exact"] != method for header in match.get("headers", [])):
        return False
    if "safe_regex" in match:
        return re.fullmatch(match["safe_regex"]["regex"], path) is not None
    return match.get("path") == path or path.startswith(match.get("prefix", "\0"))
