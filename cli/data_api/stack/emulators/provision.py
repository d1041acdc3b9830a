"""Creates the topics and subscriptions in the Pub/Sub emulator, as `infra` does in the cloud.

Owns their names and settings on a laptop: the cloud's, but for the pauses between deliveries, which are short so
that a person sees the retries happen. In an emulator that was running before, existing resources get these
settings.
Speaks the emulator's REST interface with the standard library's HTTP client, which no proxy setting can lead astray.
"""

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from data_api.shared.errors import CliError

TOPIC = "records"
SUBSCRIPTION = "persist"
DEAD_LETTER_TOPIC = "records-dead-letter"
DEAD_LETTER_SUBSCRIPTION = "dead-letters"  # keeps a copy of each, whatever becomes of it elsewhere
DEAD_LETTER_PUSH_SUBSCRIPTION = "dead-letter"

ACK_DEADLINE = 60  # seconds; the cloud's
ATTEMPTS = 5  # the least that Pub/Sub allows
BACKOFF = {"minimumBackoff": "1s", "maximumBackoff": "10s"}  # 10 s and 600 s in the cloud
NEVER: dict[str, str] = {}  # an expiration policy without a time
TIMEOUT = 10.0  # seconds for one answer

Settings = dict[str, Any]  # a resource as the REST interface has it


@dataclass(frozen=True)
class Pushes:
    """Where messages and dead letters are pushed to."""

    records: str
    dead_letters: str


def provision(host: str, project: str, pushes: Pushes) -> None:
    """Refuses with CliError when the emulator does not take something."""
    connection = http.client.HTTPConnection(host, timeout=TIMEOUT)
    try:
        for name, settings in _resources(f"projects/{project}", pushes):
            _ensure(connection, name, settings)
    except (OSError, http.client.HTTPException) as error:
        raise CliError(
            f"What answers at {host} is not a Pub/Sub emulator ({str(error) or type(error).__name__}): "
            "start it again, or unset PUBSUB_EMULATOR_HOST if it is not the stack's own."
        ) from error
    finally:
        connection.close()


def _resources(parent: str, pushes: Pushes) -> Iterator[tuple[str, Settings]]:
    dead_letter_topic = f"{parent}/topics/{DEAD_LETTER_TOPIC}"
    lasting = {"ackDeadlineSeconds": ACK_DEADLINE, "expirationPolicy": NEVER}
    yield f"{parent}/topics/{TOPIC}", {}
    yield dead_letter_topic, {}
    yield f"{parent}/subscriptions/{DEAD_LETTER_SUBSCRIPTION}", {"topic": dead_letter_topic, **lasting}
    yield (
        f"{parent}/subscriptions/{DEAD_LETTER_PUSH_SUBSCRIPTION}",
        {
            "topic": dead_letter_topic,
            "pushConfig": _push(parent, "dead-push", pushes.dead_letters),
            "retryPolicy": BACKOFF,  # without a dead-letter policy: it is tried for ever
            **lasting,
        },
    )
    yield (
        f"{parent}/subscriptions/{SUBSCRIPTION}",
        {
            "topic": f"{parent}/topics/{TOPIC}",
            "pushConfig": _push(parent, "push", pushes.records),
            "retryPolicy": BACKOFF,
            "deadLetterPolicy": {"deadLetterTopic": dead_letter_topic, "maxDeliveryAttempts": ATTEMPTS},
            **lasting,
        },
    )


def _push(parent: str, account: str, endpoint: str) -> Settings:
    """Who pushes is said as in the cloud; the emulator keeps it, but signs no token."""
    email = f"{account}@{parent.partition('/')[2]}.iam.gserviceaccount.com"
    return {"pushEndpoint": endpoint, "oidcToken": {"serviceAccountEmail": email, "audience": endpoint}}


def _ensure(connection: http.client.HTTPConnection, name: str, settings: Settings) -> None:
    status, answer = _call(connection, "PUT", name, settings)
    changeable = {key: value for key, value in settings.items() if key != "topic"}
    if status == http.HTTPStatus.CONFLICT and changeable:
        change = {"subscription": {"name": name, **settings}, "updateMask": ",".join(changeable)}
        status, answer = _call(connection, "PATCH", name, change)
    if status not in {http.HTTPStatus.OK, http.HTTPStatus.CONFLICT}:
        raise CliError(
            f"The Pub/Sub emulator did not take {name} (it answered {status}: {answer.strip()}): "
            "start the stack with another emulator."
        )


def _call(connection: http.client.HTTPConnection, method: str, name: str, body: Settings) -> tuple[int, str]:
    connection.request(method, f"/v1/{name}", json.dumps(body), {"content-type": "application/json"})
    answer = connection.getresponse()
    return answer.status, answer.read().decode(errors="replace")
