"""Names spans and their attributes as OpenTelemetry's semantic conventions (1.45) do.

https://opentelemetry.io/docs/specs/semconv/: http, messaging (gcp_pubsub), database (gcp.firestore). A span holds what
operators configured and what services return; never a token, a payload, an e-mail, a user's id or a path that a client
made up.
"""

from typing import Any

from starlette.requests import Request

from dataapi.http import routing
from dataapi.http.routing import Routes
from dataapi.messages.push import Delivery
from dataapi.records import record

Attributes = dict[str, str | int]

_PUBSUB: Attributes = {"messaging.system": "gcp_pubsub"}
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE", "QUERY"})


def route_of(request: Request, routes: Routes[Any]) -> str:
    """The route's path with its parameters named, as in /data/{id}; empty if no route matches."""
    match = routing.find(routes, request.scope["path"])
    return match.route.path.removesuffix("/") if match else ""


def serving(request: Request, route: str) -> tuple[str, Attributes]:
    """The name and attributes of the span of a request."""
    method = request.method if request.method in _METHODS else "_OTHER"
    attributes: Attributes = {
        "http.request.method": method,
        "http.route": route,
        "url.scheme": request.scope.get("scheme", "http"),
    }
    path = request.scope["path"]
    if "{" not in route or record.ID.fullmatch(path.split("/")[2]):  # else it may hold anything
        attributes["url.path"] = path
    return f"{'HTTP' if method == '_OTHER' else method} {route}", attributes


def processing(delivery: Delivery) -> tuple[str, Attributes]:
    """The name and attributes of the span of a delivery."""
    attributes = _PUBSUB | {
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.message.id": delivery.message_id,
    }
    if delivery.attempt is not None:
        attributes["messaging.gcp_pubsub.message.delivery_attempt"] = delivery.attempt
    return "process", attributes


def sending(topic: str, count: int) -> tuple[str, Attributes]:
    """The name and attributes of the span of publishing `count` messages."""
    attributes = _PUBSUB | {
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.destination.name": topic,
    }
    return f"send {topic}", attributes | ({"messaging.batch.message_count": count} if count > 1 else {})


def calling(operation: str, database: str) -> tuple[str, Attributes]:
    """The name and attributes of the span of an RPC to Firestore."""
    attributes: Attributes = {
        "db.system.name": "gcp.firestore",
        "db.collection.name": "records",
        "db.operation.name": operation,
        "db.namespace": database,
    }
    return f"{operation} records", attributes
