"""Makes what is sent: a caller's claims, records of a size, the pushes that carry them.

Owns the forms as docs/architecture.md has them; nothing of the functions is used, so that a fault of theirs is seen.
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

RECORD_BYTES = 100  # of a record as JSON, unless another size is what is measured
_ID_DIGITS = 12  # of an id's 32, which `load.lua` counts up; the others are random for each run


def caller(name: str = "ada") -> dict[str, str]:
    """The header in which the gateway hands on the claims of a caller with both roles."""
    claims = {
        "iss": "https://accounts.google.com",
        "sub": name,
        "exp": int(time.time()) + 86_400,
        "Role": ["data.read", "data.write"],
    }
    return {"x-apigateway-api-userinfo": base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")}


def user_id(name: str = "ada") -> str:
    """The caller's id in messages and documents."""
    return f"{quote(name, safe='')}@accounts.google.com"


def record(size: int = RECORD_BYTES) -> dict[str, Any]:
    """The schema's first example, with its first free string as long as needed to take this many bytes as JSON."""
    padding = size - len(json.dumps(record_schema.example_with("")))
    return record_schema.example_with("x" * max(padding, 1))


def post(size: int = RECORD_BYTES, lines: int = 1) -> Request:
    """POST /data of one record, or of a batch of several."""
    one = json.dumps(record(size)).encode()
    kind, body = ("application/json", one) if lines == 1 else ("application/x-ndjson", b"\n".join([one] * lines))
    return Request("POST", "/data", {**caller(), "content-type": kind}, (body,))


def get(path: str = "/data", **headers: str) -> Request:
    """GET by a caller."""
    return Request("GET", path, {**caller(), **headers})


def message(record_id: str, size: int = RECORD_BYTES, name: str = "ada") -> bytes:
    """What `generate` publishes of a record. In front of the id are a multiple of three bytes."""
    moment = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    before = f'{{"userId": "{user_id(name)}", "createdAt": "{moment}", "id":'
    before += " " * (-(len(before) + 1) % 3) + '"'
    return f'{before}{record_id}", "data": {json.dumps(record(size))}}}'.encode()


def push(size: int = RECORD_BYTES, name: str = "ada") -> Request:
    """A push of a message that no other push carries, whichever run it belongs to.

    `load.lua` puts the id's first digits in their place; that is why three bytes must begin there, which are four
    characters of base64 by themselves.
    """
    before, after = message("*" + secrets.token_hex(16)[_ID_DIGITS:], size, name).split(b"*")
    return Request("POST", "/", {"content-type": "application/json"}, envelope(before, after))


def alone(request: Request) -> Request:
    """A push with its id in place, to be sent without wrk."""
    head, tail = request.body
    digits = secrets.token_hex(16)[:_ID_DIGITS].encode()
    return replace(request, body=(head + base64.b64encode(digits) + tail,))


def envelope(
    before: bytes, after: bytes, message_id: str = "1", attributes: Mapping[str, str] | None = None
) -> tuple[bytes, bytes]:
    """The two halves of a push as Pub/Sub sends it, whose message's middle is to come between them."""
    moment = "2026-01-01T00:00:00Z"
    pushed = {
        "attributes": {"schemaVersion": "1"} if attributes is None else attributes,
        "data": "|",
        "messageId": message_id,
        "message_id": message_id,
        "publishTime": moment,
        "publish_time": moment,
    }
    body = {"deliveryAttempt": 1, "message": pushed, "subscription": "projects/data-api-local/subscriptions/persist"}
    head, tail = json.dumps(body).encode().split(b"|")
    return head + base64.b64encode(before), base64.b64encode(after) + tail
