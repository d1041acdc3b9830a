"""Says by which names and attributes spans are known: OpenTelemetry's semantic conventions (1.45).

https://opentelemetry.io/docs/specs/semconv/: http, messaging (gcp_pubsub), database (gcp.firestore). A span holds what
operators chose and what services say; never a token, a payload, an e-mail, a user's id or a path that a client made up.
When spans begin and end is `spans`'s.
"""

import re

from starlette.requests import Request

from dataapi.http.dispatch import Routes
from dataapi.messages.push import Delivery
from dataapi.records import record

Attributes = dict[str, str | int]

_PUBSUB: Attributes = {"messaging.system": "gcp_pubsub"}
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE", "QUERY"})


def route_of(request: Request, routes: Routes) -> str:
    """The path with its variable part named, as in /data/{id}; empty where there is nothing at the path."""
    pattern = next((each.pattern for each in routes if each.fullmatch(request.scope["path"])), "")
    return re.sub(r"\(.*?\)", "{id}", pattern).removesuffix("/?")


def serving(request: Request, route: str) -> tuple[str, Attributes]:
    """Of a request that is answered: its span's name and attributes."""
    method = request.method if request.method in _METHODS else "_OTHER"
    attributes: Attributes = {
        "http.request.method": method,
        "http.route": route,
        "url.scheme": request.scope.get("scheme", "http"),
    }
    path = request.scope["path"]
    if "{" not in route or record.ID.fullmatch(path.split("/")[2]):  # what else a client may have put there
        attributes["url.path"] = path
    return f"{'HTTP' if method == '_OTHER' else method} {route}", attributes


def processing(delivery: Delivery) -> tuple[str, Attributes]:
    """Of a message that is delivered."""
    attributes = _PUBSUB | {
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.message.id": delivery.message_id,
    }
    if delivery.attempt is not None:
        attributes["messaging.gcp_pubsub.message.delivery_attempt"] = delivery.attempt
    return "process", attributes


def sending(topic: str, count: int) -> tuple[str, Attributes]:
    """Of so many messages that are published."""
    attributes = _PUBSUB | {
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.destination.name": topic,
    }
    return f"send {topic}", attributes | ({"messaging.batch.message_count": count} if count > 1 else {})


def calling(operation: str, database: str) -> tuple[str, Attributes]:
    """Of an RPC to Firestore."""
    attributes: Attributes = {
        "db.system.name": "gcp.firestore",
        "db.collection.name": "records",
        "db.operation.name": operation,
        "db.namespace": database,
    }
    return f"{operation} records", attributes
