"""Measures how fast a topic full of messages is stored, from the first delivery until the last is confirmed.

The messages are published beforehand by Google's publisher in batches (that rate is the limit for accepting), and taken
from the topic by Google's subscriber client. wrk delivers them over 100 connections, as the cloud's Pub/Sub would: the
emulator itself pushes one at a time, which is measured besides. BulkWriter stores as many from memory, in the same
emulator: the limit. Nothing else is timed, and at the end every record must be there.
"""

import http.client
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import grpc
from google.pubsub_v1.services.subscriber import SubscriberClient
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport
from google.pubsub_v1.types import ReceivedMessage

from bench.harness import emulators, implementations, load
from bench.harness.implementations import OURS, ROOT, USUAL
from bench.harness.processes import Running, Starter, wait_for
from bench.harness.progress import Tell
from bench.harness.runs import Spread, spread
from bench.harness.scale import Scale
from bench.workload import documents, messages
from data_api.shared.errors import CliError
from data_api.stack.composition import PROJECT
from data_api.stack.emulators.provision import TOPIC
from data_api.stack.runtime.function_processes import DATABASE

CONNECTIONS = 100
USUAL_PART = 8  # the function as usually written gets an eighth of the messages, so that it ends in time
BATCHES = (20, 500)  # writes a request: BulkWriter's own and the service's; the faster counts
PUBLISHER, BULK = "batched publisher", "BulkWriter"
PULLED = 1_000  # messages in one pull
TIMEOUT = 300.0  # seconds for the emulator's own pushes
POLL = 0.2  # seconds; counting takes the emulator some time
_SUBSCRIPTION = "preloaded"


@dataclass(frozen=True)
class Preloaded:
    """Records a second, by who stored or published them, and as the emulator pushes."""

    rates: dict[str, Spread]
    against_bulk: Spread
    emulator_pushes: float


def steps(scale: Scale) -> int:
    """How often `measured` tells what it does."""
    return 4 * scale.rounds + 1


def measured(starter: Starter, scale: Scale, tell: Tell) -> Preloaded:
    """All of it."""
    rates: dict[str, list[float]] = defaultdict(list)
    for number in range(scale.rounds):
        for who, rate in _round(starter, scale, number, tell):
            rates[who].append(rate)
    tell("the emulator's own pushes")
    ratios = [ours / bulk for ours, bulk in zip(rates[OURS], rates[BULK], strict=True)]
    return Preloaded(
        {who: spread(values) for who, values in rates.items()}, spread(ratios), _pushed(starter, scale.pushed)
    )


def _round(starter: Starter, scale: Scale, number: int, tell: Tell) -> Iterator[tuple[str, float]]:
    """Who, and how many a second."""
    of = f"round {number + 1} of {scale.rounds}"
    count = scale.preloaded + scale.preloaded // USUAL_PART
    tell(f"filling the topic, {of}")
    with emulators.pubsub(starter) as pubsub:
        yield PUBLISHER, _fill(starter, pubsub, count)
        pushes = _taken(pubsub.host, count)
    shares = {OURS: pushes[: scale.preloaded], USUAL: pushes[scale.preloaded :]}
    order = (OURS, BULK, USUAL)
    with emulators.firestore(starter) as firestore, documents.connected(firestore.host) as connected:
        for who in order if number % 2 == 0 else order[::-1]:
            tell(f"{who}, {of}")
            if who == BULK:
                yield who, max(_bulk(firestore, scale.preloaded, batch) for batch in BATCHES)
            else:
                yield who, _delivered(starter, who, firestore, shares[who])
        if (result := connected.count(messages.user_id())) != count:
            raise CliError(f"Of {count:,} messages {result:,} are stored, although all were confirmed.")


def _fill(starter: Starter, pubsub: Running, count: int) -> float:
    """Messages a second."""
    emulators.put(pubsub.host, f"subscriptions/{_SUBSCRIPTION}", {"topic": f"projects/{PROJECT}/topics/{TOPIC}"})
    message = starter.scratch / "message"
    message.write_bytes(messages.message("*"))
    return _limit("batched_publisher.py", [str(count), str(message)], {"PUBSUB_EMULATOR_HOST": pubsub.host})


def _taken(host: str, count: int) -> list[bytes]:
    """The pushes that the cloud would make of the messages on the topic."""
    name = f"projects/{PROJECT}/subscriptions/{_SUBSCRIPTION}"
    transport = SubscriberGrpcTransport(channel=grpc.insecure_channel(host, [("grpc.max_receive_message_length", -1)]))
    results: dict[str, bytes] = {}
    with SubscriberClient(transport=transport) as client:
        while len(results) < count:
            received = client.pull(subscription=name, max_messages=PULLED).received_messages
            client.acknowledge(subscription=name, ack_ids=[message.ack_id for message in received])
            results.update({message.message.message_id: _push(message) for message in received})
    return [*results.values()]


def _push(received: ReceivedMessage) -> bytes:
    message = received.message
    head, tail = messages.envelope(message.data, b"", message.message_id, dict(message.attributes))
    return head + tail


def _delivered(starter: Starter, who: str, firestore: Running, pushes: Sequence[bytes]) -> float:
    """Records a second."""
    with implementations.implementation(
        starter, who, "persist", {"FIRESTORE_EMULATOR_HOST": firestore.host}
    ) as running:
        wait_for(running)
        load.run(messages.push(name="warm-up"), running.port, CONNECTIONS, 1)
        file = starter.scratch / "pushes"
        file.write_bytes(b"\n".join(pushes) + b"\n")
        began = time.perf_counter()
        load.deliver(file, running.port, CONNECTIONS)
        seconds = time.perf_counter() - began
    return len(pushes) / seconds


def _bulk(firestore: Running, count: int, batch: int) -> float:
    """Records a second."""
    arguments = [str(count), str(messages.RECORD_BYTES), str(batch)]
    return _limit("bulk_writer.py", arguments, {"FIRESTORE_EMULATOR_HOST": firestore.host})


def _limit(script: str, arguments: Sequence[str], hosts: dict[str, str]) -> float:
    environ = {**os.environ, "GOOGLE_CLOUD_PROJECT": PROJECT, "DATABASE": DATABASE, "TOPIC": TOPIC, **hosts}
    command = [sys.executable, str(ROOT / "bench" / "limits" / script), *arguments]
    finished = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if finished.returncode != 0:
        raise CliError(f"{script} failed: {finished.stderr.strip()[-1_000:]}")
    return float(json.loads(finished.stdout)["rate"])


def _pushed(starter: Starter, count: int) -> float:
    """Records a second, when the emulator delivers them itself."""
    with emulators.pubsub(starter) as pubsub, emulators.firestore(starter) as firestore:
        hosts = {"FIRESTORE_EMULATOR_HOST": firestore.host}
        with (
            implementations.implementation(starter, OURS, "persist", hosts) as running,
            documents.connected(firestore.host) as db,
        ):
            wait_for(running)
            _fill(starter, pubsub, count)
            began = time.perf_counter()
            _push_to(pubsub.host, f"http://{running.host}/")
            while db.count(messages.user_id()) < count:
                if time.perf_counter() - began > TIMEOUT:
                    raise CliError(f"The Pub/Sub emulator did not deliver {count:,} messages in {TIMEOUT:.0f} s.")
                time.sleep(POLL)
            return count / (time.perf_counter() - began)


def _push_to(host: str, endpoint: str) -> None:
    body = json.dumps({"pushConfig": {"pushEndpoint": endpoint}})
    path = f"/v1/projects/{PROJECT}/subscriptions/{_SUBSCRIPTION}:modifyPushConfig"
    with closing(http.client.HTTPConnection(host, timeout=emulators.TIMEOUT)) as connection:
        connection.request("POST", path, body, {"content-type": "application/json"})
        connection.getresponse().read()
