"""A common implementation of `present`, as in Google's samples: Flask, a global client, one blocking query a request.

It reads the same documents as `functions/present.py` and returns the same JSON. It pages as in
https://cloud.google.com/firestore/docs/query-data/query-cursors. It has no ETag, because the samples have none.
"""

import base64
import json
import os
from datetime import datetime
from typing import Any
from urllib.parse import quote

import flask
import functions_framework
from google.cloud import firestore

db = firestore.Client(database=os.environ["DATABASE"])


@functions_framework.http
def present(request: flask.Request) -> flask.typing.ResponseReturnValue:
    """Returns one page of the caller's records."""
    claims = caller(request)
    if claims is None:
        return {"code": 401, "message": "Send an ID token."}, 401
    if "data.read" not in claims.get("Role", []):
        return {"code": 403, "message": "This needs the role data.read."}, 403

    size = request.args.get("pageSize", 50, type=int)
    records = db.collection("users", user_id(claims), "records")
    query = records.order_by("createdAt", direction=firestore.Query.DESCENDING).limit(size)
    if token := request.args.get("pageToken"):
        query = query.start_after({"createdAt": datetime.fromisoformat(token)})
    results = [record(document) for document in query.stream()]
    page: dict[str, Any] = {"records": results}
    if len(results) == size:
        page["nextPageToken"] = results[-1]["createdAt"]
    return page


def record(document: firestore.DocumentSnapshot[Any]) -> dict[str, Any]:
    """A document as the API shows it."""
    fields = document.to_dict() or {}
    created_at = fields["createdAt"].isoformat(timespec="microseconds").replace("+00:00", "Z")
    return {"id": document.id, "createdAt": created_at, "data": fields["data"]}


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
