"""Renders the contract's paths as Envoy routes, in the order and with the answers of Google's API Gateway.

Owns how `paths`, `security` and the backends of openapi.yaml are read: which function answers, at which path
and within which time, and what is said to a request that the contract does not have. The source is ESPv2,
the proxy that API Gateway descends from.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from data_api.shared.contract import Json, providers
from data_api.shared.errors import CliError
from data_api.stack.gateway.quota import COUNTED

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
DEADLINE = 15.0  # seconds, of a backend that names none
SHORTEST_IDLE_TIMEOUT = 300.0  # seconds
ADDRESS = re.compile(r"\{(?P<function>\w+)\}(?P<path>/.*)?")  # the name in braces becomes a port
ROUTE_REQUIREMENT = "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig"

UNSENT = "connect-failure,refused-stream"  # faults after which the function has certainly seen nothing
BROKEN = f"reset,{UNSENT}"

NOT_FOUND = "The current request is not defined by this API."
WRONG_METHOD = 'The current request is matched to the defined url template "{}" but its http method is not allowed'


@dataclass(frozen=True)
class Operation:
    """One method on one path of the contract."""

    method: str
    template: str
    schemes: tuple[str, ...]  # a token of any of them will do; none: no token is asked for
    function: str
    rewrite: str | None  # the path that the function sees, when it is not the client's
    deadline: float  # seconds

    @property
    def name(self) -> str:
        """Different for every operation of the contract."""
        return f"{self.method} {self.template}"


def operations(contract: Json) -> list[Operation]:
    """The most specific path first; refuses with CliError what the cloud's gateway refuses or this one cannot do."""
    return [
        _operation(contract, method, template)
        for template in sorted(contract["paths"], key=_breadth)
        for method in METHODS
        if method in contract["paths"][template]
    ]


def routes(declared: Sequence[Operation], functions: Mapping[str, int], verifier: str) -> list[Json]:
    """The first that matches answers; `verifier` names the filter that is told which tokens a route asks for."""
    return [
        *(route for operation in declared for route in _calls(operation, functions[operation.function], verifier)),
        *(route for template in _templates(declared) for route in _refusals(template, declared)),
        {"match": {"prefix": "/"}, "direct_response": _says(404, NOT_FOUND)},
    ]


def _operation(contract: Json, method: str, template: str) -> Operation:
    declared = contract["paths"][template][method]
    name = f"{method.upper()} {template}"
    backends = contract.get("x-google-api-management", {}).get("backends", {})
    backend = backends.get(declared.get("x-google-backend"))
    if backend is None:
        raise _fault(name, "names no backend of x-google-api-management")
    address = ADDRESS.fullmatch(backend.get("address", ""))
    if address is None:
        raise _fault(name, "has a backend whose address does not begin with a function's name in braces")
    return Operation(
        method=method.upper(),
        template=template,
        schemes=_schemes(declared.get("security", contract.get("security", [])), contract, name),
        function=address["function"],
        rewrite=_rewrite(address["path"], backend.get("pathTranslation"), template, name),
        deadline=backend.get("deadline", DEADLINE),
    )


def _schemes(security: Sequence[Mapping[str, object]], contract: Json, name: str) -> tuple[str, ...]:
    if any(len(alternative) != 1 for alternative in security):
        raise _fault(name, "asks for two tokens at once, or for an optional one")
    schemes = tuple(scheme for alternative in security for scheme in alternative)
    if not providers(contract).keys() >= set(schemes):
        raise _fault(name, "has a security scheme that says nothing about tokens (x-google-auth)")
    return schemes


def _rewrite(path: str | None, translation: str | None, template: str, name: str) -> str | None:
    if translation == "CONSTANT_ADDRESS" and "{" not in template:
        return path or "/"
    if translation == "APPEND_PATH_TO_ADDRESS" and path is None:
        return None
    raise _fault(
        name,
        "has a backend that needs CONSTANT_ADDRESS and a path without parameters, "
        "or APPEND_PATH_TO_ADDRESS and an address without a path",
    )


def _fault(operation: str, problem: str) -> CliError:
    return CliError(f"The local gateway cannot serve {operation}: it {problem}; correct openapi.yaml.")


def _calls(operation: Operation, port: int, verifier: str) -> Iterator[Json]:
    """Calls the function, once more if the connection fails.

    A connection that breaks after the request was sent is tried again as well, but not for a POST, as ESPv2 would:
    the function may have kept the record, and without an Idempotency-Key it would be stored twice.
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
                "idle_timeout": f"{max(operation.deadline + 1, SHORTEST_IDLE_TIMEOUT)}s",
                "retry_policy": {"retry_on": UNSENT if operation.method == "POST" else BROKEN, "num_retries": 1},
                # It replaces what the match has matched, the whole path, and leaves the query.
                **({"prefix_rewrite": operation.rewrite} if operation.rewrite else {}),
            },
            "typed_per_filter_config": {verifier: tokens} if operation.schemes else {},
            "metadata": COUNTED if operation.schemes else {},
        }


def _refusals(template: str, declared: Sequence[Operation]) -> Iterator[Json]:
    """RFC 9110 demands Allow in a 405. The cloud's gateway leaves it out, so no client can build on it."""
    allowed = ", ".join(sorted(operation.method for operation in declared if operation.template == template))
    for match in _matches(template):
        yield {
            "match": match,
            "direct_response": _says(405, WRONG_METHOD.format(template)),
            "response_headers_to_add": [{"header": {"key": "Allow", "value": allowed}}],
        }


def _matches(template: str) -> list[Json]:
    """As in ESPv2, a slash at the end makes no difference; the function gets the path as it was sent."""
    if "{" in template:
        return [{"safe_regex": {"regex": f"^{'/'.join(map(_pattern, template.split('/')))}\\/?$"}}]
    return [{"path": path} for path in dict.fromkeys((template, template.rstrip("/") + "/"))]


def _pattern(segment: str) -> str:
    return r"[^\/]+" if segment.startswith("{") else re.escape(segment)


def _breadth(template: str) -> list[tuple[bool, str]]:
    return [(segment.startswith("{"), segment) for segment in template.split("/")]


def _templates(declared: Sequence[Operation]) -> list[str]:
    return list(dict.fromkeys(operation.template for operation in declared))


def _says(status: int, text: str) -> Json:
    return {"status": status, "body": {"inline_string": text}}
