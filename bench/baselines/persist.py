"""A common implementation of `persist`, as in Google's samples: Flask, a global client, one blocking call a push.

It stores the same document as `functions/persist.py` from the same push, and only once: if the document exists, the
push succeeds. It creates it as in https://cloud.google.com/firestore/docs/manage-data/add-data.
"""

import base64
import json
import os
from contextlib import suppress
from datetime import datetime

import flask
import functions_framework
from google.api_core.exceptions import AlreadyExists
from google.cloud import firestore

db = firestore.Client(database=os.environ["DATABASE"])


@functions_framework.http
def persist(request: flask.Request) -> flask.typing.ResponseReturnValue:
    """Stores the record of one push."""
    try:
        message = json.loads(base64.b64decode(request.get_json()["message"]["data"]))
        document = {
            "createdAt": datetime.fromisoformat(message["createdAt"]),
            "changedAt": firestore.SERVER_TIMESTAMP,
            "data": message["data"],
        }
        reference = db.collection("users", message["userId"], "records").document(message["id"])
    except (KeyError, TypeError, ValueError):
        return {"code": 422, "message": "The push does not contain a record."}, 422
    with suppress(AlreadyExists):  # stored by an earlier delivery
        reference.create(document)
    return "", 204
