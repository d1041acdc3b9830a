"""Makes the requests: a caller's claims, records of a given size, and their pushes.

The formats are those of docs/architecture.md. No code of the functions is used, so that a bug in them is noticed.
"""

import base64
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from bench.harness.load import Request
from data_api.shared import record_schema

RECORD_BYTES = 100  # default size of a record as JSON
_COUNTER_DIGITS = 12  # of an id's 32 digits, `load.lua` counts up these; the others are random for each run


def caller(name: str = "ada") -> dict[str, str]:
    """The header in which the gateway passes on the claims, for a caller with both roles."""
    claims = {
        "iss": "https://accounts.google.com",
        "sub": name,
        "exp": int(time.time()) + 86_400,
        "Role": ["data.read", "data.write"],
    }
    return {"x-apigateway-api-userinfo": base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")}


def user_id(name: str = "ada") -> str:
    """The caller's user id in messages and documents."""
    return f"{quote(name, safe='')}@accounts.google.com"


def record(size: int = RECORD_BYTES) -> dict[str, Any]:
    """The schema's first example, with its first free string as long as needed to take this many bytes as JSON."""
    padding = size - len(json.dumps(record_schema.example_with("")))
    return record_schema.example_with("x" * max(padding, 1))


def post(size: int = RECORD_BYTES, lines: int = 1) -> Request:
    """POST /data of one record, or of a batch of several."""
    line = json.dumps(record(size)).encode()
    content_type = "application/json" if lines == 1 else "application/x-ndjson"
    return Request("POST", "/data", {**caller(), "content-type": content_type}, (b"\n".join([line] * lines),))


def get(path: str = "/data", **headers: str) -> Request:
    """GET of a caller with both roles."""
    return Request("GET", path, {**caller(), **headers})


def message(record_id: str, size: int = RECORD_BYTES, name: str = "ada") -> bytes:
    """The message that `generate` publishes for a record. The number of bytes before the id is a multiple of three."""
    created_at = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    before = f'{{"userId": "{user_id(name)}", "createdAt": "{created_at}", "id":'
    before += " " * (-(len(before) + 1) % 3) + '"'
    return f'{before}{record_id}", "data": {json.dumps(record(size))}}}'.encode()


def push(size: int = RECORD_BYTES, name: str = "ada") -> Request:
    """The two halves of a push; with the id from `load.lua` between them, each request has a different message.

    `load.lua` inserts the first digits of the id as base64. So they must begin after a multiple of three bytes, because
    three bytes are four characters of base64.
    """
    before, after = message("*" + secrets.token_hex(16)[_COUNTER_DIGITS:], size, name).split(b"*")
    return Request("POST", "/", {"content-type": "application/json"}, envelope(before, after))


def complete(request: Request) -> Request:
    """A push with a random id between its halves, to be sent without wrk."""
    head, tail = request.body
    digits = secrets.token_hex(16)[:_COUNTER_DIGITS].encode()
    return replace(request, body=(head + base64.b64encode(digits) + tail,))


def envelope(
    before: bytes, after: bytes, message_id: str = "1", attributes: Mapping[str, str] | None = None
) -> tuple[bytes, bytes]:
    """The two halves of a push as Pub/Sub sends it, split at the position between `before` and `after`."""
    publish_time = "2026-01-01T00:00:00Z"
    pubsub_message = {
        "attributes": {"schemaVersion": "1"} if attributes is None else attributes,
        "data": "|",
        "messageId": message_id,
        "message_id": message_id,
        "publishTime": publish_time,
        "publish_time": publish_time,
    }
    subscription = "projects/data-api-local/subscriptions/persist"
    body = {"deliveryAttempt": 1, "message": pubsub_message, "subscription": subscription}
    head, tail = json.dumps(body).encode().split(b"|")
    return head + base64.b64encode(before), base64.b64encode(after) + tail
