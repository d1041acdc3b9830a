"""Sends a first write to the Firestore emulator, so that the first user does not wait for it.

The first write after the start takes half a second, most of it for Java to load classes.
"""

import http.client
import json
from contextlib import suppress

TIMEOUT = 10.0  # seconds


def warm_up(host: str, project: str, database: str) -> None:
    """Sends one write and ignores errors: the next user of the emulator reports them."""
    name = f"projects/{project}/databases/{database}"
    body = json.dumps({"writes": [{"delete": f"{name}/documents/users/nobody"}]})
    connection = http.client.HTTPConnection(host, timeout=TIMEOUT)
    with suppress(OSError, http.client.HTTPException):
        connection.request("POST", f"/v1/{name}/documents:batchWrite", body, {"authorization": "Bearer owner"})
        connection.getresponse().read()
    connection.close()
