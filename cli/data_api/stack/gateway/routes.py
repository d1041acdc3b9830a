"""Makes from the contract's paths the Envoy routes, with the order and the error responses of Google's API Gateway.

Owns the reading of `paths`, `security` and the backends of openapi.yaml: function, path and deadline of each operation,
and the response to a request that the contract does not define. It follows ESPv2, the proxy that API Gateway is based
on.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from data_api.shared.contract import Json, providers
from data_api.shared.errors import CliError
from data_api.stack.gateway.quota import COUNTED

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
DEFAULT_DEADLINE = 15.0  # seconds, of a backend without a deadline
MIN_IDLE_TIMEOUT = 300.0  # seconds
REST_OF_PATH = "**"  # the pattern of a parameter that takes all further segments; only the last may
ADDRESS = re.compile(r"\{(?P<function>\w+)\}(?P<path>/.*)?")  # the name in braces becomes a port
ROUTE_REQUIREMENT = "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig"

NOT_SENT = "connect-failure,refused-stream"  # after these errors the function has certainly not seen the request
CONNECTION_LOST = f"reset,{NOT_SENT}"

NOT_FOUND = "The current request is not defined by this API."
WRONG_METHOD = 'The current request is matched to the defined url template "{}" but its http method is not allowed'


@dataclass(frozen=True)
class Operation:
    """One method on one path of the contract."""

    method: str
    template: str
    schemes: tuple[str, ...]  # a token of any of these security schemes is accepted; if empty, no token is needed
    function: str
    rewrite: str | None  # the path that the function receives, if it is not the client's
    deadline: float  # seconds

    @property
    def name(self) -> str:
        """Unique in the contract."""
        return f"{self.method} {self.template}"


def operations(contract: Json) -> list[Operation]:
    """All operations, the most specific path first.

    Raises CliError for a contract that the cloud's gateway rejects or that this gateway does not support.
    """
    return [
        _operation(contract, method, path, template)
        for template, path in sorted(_templates_of_paths(contract).items(), key=lambda item: _sort_key(item[0]))
        for method in METHODS
        if method in contract["paths"][path]
    ]


def routes(declared: Sequence[Operation], functions: Mapping[str, int], jwt_filter: str) -> list[Json]:
    """The routes, of which Envoy uses the first that matches; `jwt_filter` is the name of the filter of tokens."""
    return [
        *(route for operation in declared for route in _calls(operation, functions[operation.function], jwt_filter)),
        *(route for template in _templates(declared) for route in _method_errors(template, declared)),
        {"match": {"prefix": "/"}, "direct_response": _direct_response(404, NOT_FOUND)},
    ]


def _templates_of_paths(contract: Json) -> dict[str, str]:
    """The paths by their templates, in which a parameter for the rest of the path is written as {name=**}."""
    return {_template(path, item): path for path, item in contract["paths"].items()}


def _template(path: str, item: Json) -> str:
    for declared in item.values():
        for parameter in declared.get("parameters", []) if isinstance(declared, dict) else []:
            if parameter.get("x-google-parameter", {}).get("pattern") == REST_OF_PATH:
                path = path.replace(f"{{{parameter['name']}}}", f"{{{parameter['name']}={REST_OF_PATH}}}")
    return path


def _operation(contract: Json, method: str, path: str, template: str) -> Operation:
    declared = contract["paths"][path][method]
    name = f"{method.upper()} {path}"
    backends = contract.get("x-google-api-management", {}).get("backends", {})
    backend = backends.get(declared.get("x-google-backend"))
    if backend is None:
        raise _error(name, "names no backend of x-google-api-management")
    address = ADDRESS.fullmatch(backend.get("address", ""))
    if address is None:
        raise _error(name, "has a backend whose address does not begin with a function's name in braces")
    return Operation(
        method=method.upper(),
        template=template,
        schemes=_schemes(declared.get("security", contract.get("security", [])), contract, name),
        function=address["function"],
        rewrite=_rewrite(address["path"], backend.get("pathTranslation"), template, name),
        deadline=backend.get("deadline", DEFAULT_DEADLINE),
    )


def _schemes(security: Sequence[Mapping[str, object]], contract: Json, name: str) -> tuple[str, ...]:
    if any(len(alternative) != 1 for alternative in security):
        raise _error(name, "needs two tokens at once, or has an optional token")
    schemes = tuple(scheme for alternative in security for scheme in alternative)
    if not providers(contract).keys() >= set(schemes):
        raise _error(name, "has a security scheme without x-google-auth")
    return schemes


def _rewrite(path: str | None, translation: str | None, template: str, name: str) -> str | None:
    if translation == "CONSTANT_ADDRESS" and "{" not in template:
        return path or "/"
    if translation == "APPEND_PATH_TO_ADDRESS" and path is None:
        return None
    raise _error(
        name,
        "has a backend that needs CONSTANT_ADDRESS and a path without parameters, "
        "or APPEND_PATH_TO_ADDRESS and an address without a path",
    )


def _error(operation: str, problem: str) -> CliError:
    return CliError(f"The local gateway cannot serve {operation}: it {problem}; correct openapi.yaml.")


def _calls(operation: Operation, port: int, jwt_filter: str) -> Iterator[Json]:
    """The routes that call the function, with one retry if the connection fails.

    Requests are also retried if the connection is lost after they were sent, except POST. ESPv2 would retry POST too,
    but the function may have accepted the record, and without an Idempotency-Key it would be stored twice.
    """
    method = {"name": ":method", "string_match": {"exact": operation.method}}
    tokens = {"@type": ROUTE_REQUIREMENT, "requirement_name": operation.name}
    for match in _matches(operation.template):
        yield {
            "match": {**match, "headers": [method]},
            "route": {
                "cluster": operation.function,
                "host_rewrite_literal": f"127.0.0.1:{port}",
                "timeout": f"{operation.deadline}s",
                "idle_timeout": f"{max(operation.deadline + 1, MIN_IDLE_TIMEOUT)}s",
                "retry_policy": {
                    "retry_on": NOT_SENT if operation.method == "POST" else CONNECTION_LOST,
                    "num_retries": 1,
                },
                # Replaces the matched prefix, which is the whole path, and keeps the query.
                **({"prefix_rewrite": operation.rewrite} if operation.rewrite else {}),
            },
            "typed_per_filter_config": {jwt_filter: tokens} if operation.schemes else {},
            "metadata": COUNTED if operation.schemes else {},
        }


def _method_errors(template: str, declared: Sequence[Operation]) -> Iterator[Json]:
    """Routes that answer 405. RFC 9110 requires Allow; the cloud's gateway omits it, so no client can rely on it."""
    allowed = ", ".join(sorted(operation.method for operation in declared if operation.template == template))
    for match in _matches(template):
        yield {
            "match": match,
            "direct_response": _direct_response(405, WRONG_METHOD.format(template)),
            "response_headers_to_add": [{"header": {"key": "Allow", "value": allowed}}],
        }


def _matches(template: str) -> list[Json]:
    """As in ESPv2, a slash at the end is ignored; the function receives the path as it was sent."""
    if "{" in template:
        return [{"safe_regex": {"regex": f"^{'/'.join(map(_pattern, template.split('/')))}\\/?$"}}]
    return [{"path": path} for path in dict.fromkeys((template, template.rstrip("/") + "/"))]


def _pattern(segment: str) -> str:
    if segment.endswith(f"={REST_OF_PATH}}}"):
        return ".*"
    return r"[^\/]+" if segment.startswith("{") else re.escape(segment)


def _sort_key(template: str) -> list[tuple[bool, bool, str]]:
    """Fixed segments are before parameters, and these before one for the rest of the path."""
    return [
        (segment.startswith("{"), segment.endswith(f"={REST_OF_PATH}}}"), segment) for segment in template.split("/")
    ]


def _templates(declared: Sequence[Operation]) -> list[str]:
    return list(dict.fromkeys(operation.template for operation in declared))


def _direct_response(status: int, text: str) -> Json:
    return {"status": status, "body": {"inline_string": text}}
