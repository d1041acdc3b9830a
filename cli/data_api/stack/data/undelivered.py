"""Takes the messages out of the Pub/Sub emulator that it has not delivered, and publishes them again in the next run.

The emulator keeps them in memory only. They are taken by pulling, which it allows once a subscription pushes no more.
"""

import http.client
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from data_api.stack.emulators.provision import (
    DEAD_LETTER_PUSH_SUBSCRIPTION,
    DEAD_LETTER_TOPIC,
    SUBSCRIPTION,
    TOPIC,
)

TOPICS = {SUBSCRIPTION: TOPIC, DEAD_LETTER_PUSH_SUBSCRIPTION: DEAD_LETTER_TOPIC}  # by the subscription that pushes
TIMEOUT = 30.0  # seconds for a response
BEGINNING = "1970-01-01T00:00:00Z"  # before all messages
PULLED = 1_000  # messages of a response, at most
PUBLISHED = 20  # messages of a request: together below the 10 MB that it may have

Json = dict[str, Any]


@dataclass(frozen=True)
class Undelivered:
    """The messages in the emulator at this host:port. The methods raise OSError and HTTPException."""

    host: str
    project: str

    def stop_pushes(self) -> None:
        """From now on all messages that are not acknowledged can be pulled.

        The seek includes one that waits for a retry, and one whose push has no answer yet: a message that is then
        stored in this run and in the next is stored once.
        """
        for subscription in TOPICS:
            self._call(f"subscriptions/{subscription}:modifyPushConfig", {"pushConfig": {}})
            self._call(f"subscriptions/{subscription}:seek", {"time": BEGINNING})

    def pull(self) -> list[Json]:
        """Some messages with their topics, without repeating one; empty if there are no messages now."""
        return [message for subscription in TOPICS for message in self._pulled(subscription)]

    def publish(self, messages: Sequence[Json]) -> None:
        """Publishes messages that `pull` returned."""
        for topic in TOPICS.values():
            own = [{**message["message"]} for message in messages if message["topic"] == topic]
            for start in range(0, len(own), PUBLISHED):
                self._call(f"topics/{topic}:publish", {"messages": own[start : start + PUBLISHED]})

    def _pulled(self, subscription: str) -> Iterator[Json]:
        body = {"maxMessages": PULLED, "returnImmediately": True}
        for received in self._call(f"subscriptions/{subscription}:pull", body).get("receivedMessages", []):
            fields = {name: received["message"][name] for name in ("data", "attributes") if name in received["message"]}
            yield {"topic": TOPICS[subscription], "message": fields}

    def _call(self, operation: str, body: Json) -> Json:
        connection = http.client.HTTPConnection(self.host, timeout=TIMEOUT)
        try:
            path = f"/v1/projects/{self.project}/{operation}"
            connection.request("POST", path, json.dumps(body), {"content-type": "application/json"})
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise OSError(f"the Pub/Sub emulator answered {response.status} to {operation}")
        answer: Json = json.loads(content)
        return answer
