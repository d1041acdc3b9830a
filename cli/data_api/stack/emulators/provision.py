"""Creates the topics and subscriptions in the Pub/Sub emulator, as `infra` does in the cloud.

Owns their names and settings on a laptop. These are the cloud's, except that there are fewer attempts, and no retry
policy: the emulator then delivers a message again one second after each failure. With a retry policy it stops all
redelivery of a subscription once two messages wait for the same millisecond (docs/surprises.md). Existing resources of
an emulator that already ran get these settings. It calls the emulator's REST interface with the HTTP client of the
standard library, which ignores proxy settings.
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
DEAD_LETTER_SUBSCRIPTION = "dead-letters"  # keeps a copy of every dead letter
DEAD_LETTER_PUSH_SUBSCRIPTION = "dead-letter"

ACK_DEADLINE = 60  # seconds, as in the cloud
ATTEMPTS = 5  # the minimum of Pub/Sub; 20 in the cloud
NO_RETRY_POLICY = None  # as JSON null it is also removed from an existing subscription
NEVER: dict[str, str] = {}  # an expiration policy without a time
IMMUTABLE = {"topic", "expirationPolicy"}  # the emulator rejects an update that names one of them
TIMEOUT = 10.0  # seconds for one response

Settings = dict[str, Any]  # a resource in the JSON form of the REST interface


@dataclass(frozen=True)
class Pushes:
    """The endpoints to which messages and dead letters are pushed."""

    records: str
    dead_letters: str


def provision(host: str, project: str, pushes: Pushes) -> None:
    """Creates or updates all resources; raises CliError if the emulator rejects one."""
    connection = http.client.HTTPConnection(host, timeout=TIMEOUT)
    try:
        for name, settings in _resources(f"projects/{project}", pushes):
            _ensure(connection, name, settings)
    except (OSError, http.client.HTTPException) as error:
        raise CliError(
            f"The server at {host} is not a Pub/Sub emulator ({str(error) or type(error).__name__}): "
            "start it again, or unset PUBSUB_EMULATOR_HOST so that the stack starts its own."
        ) from error
    finally:
        connection.close()


def _resources(parent: str, pushes: Pushes) -> Iterator[tuple[str, Settings]]:
    dead_letter_topic = f"{parent}/topics/{DEAD_LETTER_TOPIC}"
    common = {"ackDeadlineSeconds": ACK_DEADLINE, "expirationPolicy": NEVER}
    yield f"{parent}/topics/{TOPIC}", {}
    yield dead_letter_topic, {}
    yield f"{parent}/subscriptions/{DEAD_LETTER_SUBSCRIPTION}", {"topic": dead_letter_topic, **common}
    yield (
        f"{parent}/subscriptions/{DEAD_LETTER_PUSH_SUBSCRIPTION}",
        {
            "topic": dead_letter_topic,
            "pushConfig": _push(parent, "dead-push", pushes.dead_letters),
            "retryPolicy": NO_RETRY_POLICY,  # and no dead-letter policy, so it is retried for ever
            **common,
        },
    )
    yield (
        f"{parent}/subscriptions/{SUBSCRIPTION}",
        {
            "topic": f"{parent}/topics/{TOPIC}",
            "pushConfig": _push(parent, "push", pushes.records),
            "retryPolicy": NO_RETRY_POLICY,
            "deadLetterPolicy": {"deadLetterTopic": dead_letter_topic, "maxDeliveryAttempts": ATTEMPTS},
            **common,
        },
    )


def _push(parent: str, account: str, endpoint: str) -> Settings:
    """The service account is set as in the cloud; the emulator stores it but signs no token."""
    email = f"{account}@{parent.partition('/')[2]}.iam.gserviceaccount.com"
    return {"pushEndpoint": endpoint, "oidcToken": {"serviceAccountEmail": email, "audience": endpoint}}


def _ensure(connection: http.client.HTTPConnection, name: str, settings: Settings) -> None:
    status, body = _call(connection, "PUT", name, settings)
    mutable = settings.keys() - IMMUTABLE
    if status == http.HTTPStatus.CONFLICT and mutable:
        update = {"subscription": {"name": name, **settings}, "updateMask": ",".join(sorted(mutable))}
        status, body = _call(connection, "PATCH", name, update)
    if status not in {http.HTTPStatus.OK, http.HTTPStatus.CONFLICT}:
        raise CliError(
            f"The Pub/Sub emulator could not create {name} (it answered {status}: {body.strip()}): "
            "start the stack with another emulator."
        )


def _call(connection: http.client.HTTPConnection, method: str, name: str, body: Settings) -> tuple[int, str]:
    connection.request(method, f"/v1/{name}", json.dumps(body), {"content-type": "application/json"})
    response = connection.getresponse()
    return response.status, response.read().decode(errors="replace")
