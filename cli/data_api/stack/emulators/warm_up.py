"""Makes the Firestore emulator do its first work before anybody waits for it.

The first write after its start takes half a second, most of it Java loading classes; it would be the first user's.
"""

import http.client
import json
from contextlib import suppress

TIMEOUT = 10.0  # seconds


def warm_up(host: str, project: str, database: str) -> None:
    """Asks for one write. That it fails is no matter: who needs the emulator next will say so."""
    name = f"projects/{project}/databases/{database}"
    body = json.dumps({"writes": [{"delete": f"{name}/documents/users/nobody"}]})
    connection = http.client.HTTPConnection(host, timeout=TIMEOUT)
    with suppress(OSError, http.client.HTTPException):
        connection.request("POST", f"/v1/{name}/documents:batchWrite", body, {"authorization": "Bearer owner"})
        connection.getresponse().read()
    connection.close()
