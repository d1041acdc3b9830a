"""A common implementation of `generate`, as in Google's samples: Flask, a global client, one blocking call a request.

It checks what `functions/generate.py` checks of a single record, against the same schema, and publishes the same
message. It publishes as in https://cloud.google.com/pubsub/docs/publisher: `publish`, then `result`, default settings.
"""

import base64
import json
import os
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import flask
import functions_framework
import jsonschema
from google.cloud import pubsub_v1  # type: ignore[attr-defined]  # google-cloud-pubsub has no types for it

MAX_RECORD_BYTES = 256 * 1024
SCHEMA = Path(__file__).parents[2] / "functions" / "record.schema.json"

validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
publisher = pubsub_v1.PublisherClient()
topic = publisher.topic_path(os.environ["GOOGLE_CLOUD_PROJECT"], os.environ["TOPIC"])


@functions_framework.http
def generate(request: flask.Request) -> flask.typing.ResponseReturnValue:
    """Accepts one record."""
    claims = caller(request)
    if claims is None:
        return error_response(401, "Send an ID token.")
    if "data.write" not in claims.get("Role", []):
        return error_response(403, "This needs the role data.write.")
    if (request.content_length or 0) > MAX_RECORD_BYTES:
        return error_response(413, "The record is too large.")
    if request.mimetype != "application/json":
        return error_response(415, "Send content-type application/json.")
    record = request.get_json(silent=True)
    problems = [error.message for error in validator.iter_errors(record)]
    if problems:
        return error_response(400, "The record is invalid.", problems)

    record_id = uuid.uuid4().hex
    created_at = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    message = {"id": record_id, "userId": user_id(claims), "createdAt": created_at, "data": record}
    publisher.publish(topic, json.dumps(message).encode(), schemaVersion="1").result()
    return {"id": record_id, "createdAt": created_at}, 202, {"location": f"/data/{record_id}"}


def caller(request: flask.Request) -> dict[str, Any] | None:
    """The claims that the gateway passes on."""
    userinfo = request.headers.get("X-Apigateway-Api-Userinfo")
    if not userinfo:
        return None
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(userinfo + "=" * (-len(userinfo) % 4)))
    return claims if {"sub", "iss", "exp"} <= claims.keys() else None


def user_id(claims: dict[str, Any]) -> str:
    """The document id of the caller."""
    return f"{quote(claims['sub'], safe='')}@{quote(claims['iss'].removeprefix('https://'), safe='')}"


def error_response(status: int, message: str, details: list[str] | None = None) -> flask.typing.ResponseReturnValue:
    """An error body as the gateway writes it."""
    return {"code": status, "message": message, **({"details": details} if details else {})}, status
