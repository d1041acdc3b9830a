"""Measures how fast a topic full of messages is stored, from the first delivery until the last is acknowledged.

Before that, Google's publisher client publishes the messages in batches (its rate is the limit for accepting), and
Google's subscriber client pulls them. wrk delivers them over 100 connections, as the cloud's Pub/Sub would; the
emulator itself pushes one at a time, which is measured separately. BulkWriter stores the same number from memory into
the same emulator: this is the limit for storing. Nothing else is timed, and at the end every record must be stored.
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
from bench.harness.implementations import COMMON, OURS, ROOT
from bench.harness.processes import Running, Starter, wait_for
from bench.harness.progress import BeginStep
from bench.harness.runs import Spread, spread
from bench.harness.scale import Scale
from bench.workload import documents, messages
from data_api.shared.errors import CliError
from data_api.stack.composition import PROJECT
from data_api.stack.emulators.provision import TOPIC
from data_api.stack.runtime.function_processes import DATABASE

CONNECTIONS = 100
COMMON_DIVISOR = 8  # the common implementation gets an eighth of the messages, because it is slow
BATCHES = (20, 500)  # writes a request: BulkWriter's default and the service's limit; the faster counts
PUBLISHER, BULK_WRITER = "batched publisher", "BulkWriter"
MAX_PULL = 1_000  # messages
TIMEOUT = 300.0  # seconds for the emulator's own pushes
POLL_INTERVAL = 0.2  # seconds; counting takes the emulator some time
_SUBSCRIPTION = "preloaded"


@dataclass(frozen=True)
class Preloaded:
    """Records a second by method, our ratio to BulkWriter, and our rate with the emulator's own pushes."""

    rates: dict[str, Spread]
    ratio_to_bulk_writer: Spread
    emulator_rate: float


def steps(scale: Scale) -> int:
    """The number of steps of `measure`."""
    return 4 * scale.rounds + 1


def measure(starter: Starter, scale: Scale, begin_step: BeginStep) -> Preloaded:
    """Measures all methods in each round, and once the emulator's own pushes."""
    rates: dict[str, list[float]] = defaultdict(list)
    for number in range(scale.rounds):
        for method, rate in _round(starter, scale, number, begin_step):
            rates[method].append(rate)
    begin_step("the emulator's own pushes")
    ratios = [ours / bulk for ours, bulk in zip(rates[OURS], rates[BULK_WRITER], strict=True)]
    spreads = {method: spread(values) for method, values in rates.items()}
    return Preloaded(spreads, spread(ratios), _emulator_rate(starter, scale.pushed))


def _round(starter: Starter, scale: Scale, number: int, begin_step: BeginStep) -> Iterator[tuple[str, float]]:
    """Each method and its rate a second."""
    round_label = f"round {number + 1} of {scale.rounds}"
    count = scale.preloaded + scale.preloaded // COMMON_DIVISOR
    begin_step(f"filling the topic, {round_label}")
    with emulators.pubsub(starter) as pubsub:
        yield PUBLISHER, _fill_topic(starter, pubsub, count)
        pushes = _pull(pubsub.host, count)
    pushes_of = {OURS: pushes[: scale.preloaded], COMMON: pushes[scale.preloaded :]}
    order = (OURS, BULK_WRITER, COMMON)
    with emulators.firestore(starter) as firestore, documents.connected(firestore.host) as connected:
        for method in order if number % 2 == 0 else order[::-1]:
            begin_step(f"{method}, {round_label}")
            if method == BULK_WRITER:
                yield method, max(_bulk_writer_rate(firestore, scale.preloaded, batch) for batch in BATCHES)
            else:
                yield method, _delivery_rate(starter, method, firestore, pushes_of[method])
        if (stored := connected.count(messages.user_id())) != count:
            raise CliError(f"Only {stored:,} of {count:,} messages are stored, although all were acknowledged.")


def _fill_topic(starter: Starter, pubsub: Running, count: int) -> float:
    """Messages published a second."""
    emulators.create(pubsub.host, f"subscriptions/{_SUBSCRIPTION}", {"topic": f"projects/{PROJECT}/topics/{TOPIC}"})
    message = starter.scratch / "message"
    message.write_bytes(messages.message("*"))
    return _run_script("batched_publisher.py", [str(count), str(message)], {"PUBSUB_EMULATOR_HOST": pubsub.host})


def _pull(host: str, count: int) -> list[bytes]:
    """The messages on the topic, as the pushes that the cloud would send."""
    name = f"projects/{PROJECT}/subscriptions/{_SUBSCRIPTION}"
    transport = SubscriberGrpcTransport(channel=grpc.insecure_channel(host, [("grpc.max_receive_message_length", -1)]))
    pushes: dict[str, bytes] = {}  # by message id
    with SubscriberClient(transport=transport) as client:
        while len(pushes) < count:
            received = client.pull(subscription=name, max_messages=MAX_PULL).received_messages
            client.acknowledge(subscription=name, ack_ids=[message.ack_id for message in received])
            pushes.update({message.message.message_id: _push(message) for message in received})
    return [*pushes.values()]


def _push(received: ReceivedMessage) -> bytes:
    message = received.message
    head, tail = messages.envelope(message.data, b"", message.message_id, dict(message.attributes))
    return head + tail


def _delivery_rate(starter: Starter, implementation: str, firestore: Running, pushes: Sequence[bytes]) -> float:
    """Records a second when wrk delivers the pushes."""
    hosts = {"FIRESTORE_EMULATOR_HOST": firestore.host}
    with implementations.started(starter, implementation, "persist", hosts) as running:
        wait_for(running)
        load.run(messages.push(name="warm-up"), running.port, CONNECTIONS, 1)
        file = starter.scratch / "pushes"
        file.write_bytes(b"\n".join(pushes) + b"\n")
        start = time.perf_counter()
        load.deliver(file, running.port, CONNECTIONS)
        seconds = time.perf_counter() - start
    return len(pushes) / seconds


def _bulk_writer_rate(firestore: Running, count: int, batch: int) -> float:
    """Records a second."""
    arguments = [str(count), str(messages.RECORD_BYTES), str(batch)]
    return _run_script("bulk_writer.py", arguments, {"FIRESTORE_EMULATOR_HOST": firestore.host})


def _run_script(script: str, arguments: Sequence[str], hosts: dict[str, str]) -> float:
    """The rate that a script in `limits/` prints; raises CliError if it fails."""
    environ = {**os.environ, "GOOGLE_CLOUD_PROJECT": PROJECT, "DATABASE": DATABASE, "TOPIC": TOPIC, **hosts}
    command = [sys.executable, str(ROOT / "bench" / "limits" / script), *arguments]
    finished = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if finished.returncode != 0:
        raise CliError(f"{script} failed: {finished.stderr.strip()[-1_000:]}")
    return float(json.loads(finished.stdout)["rate"])


def _emulator_rate(starter: Starter, count: int) -> float:
    """Records a second when the emulator itself delivers the pushes."""
    with emulators.pubsub(starter) as pubsub, emulators.firestore(starter) as firestore:
        hosts = {"FIRESTORE_EMULATOR_HOST": firestore.host}
        with (
            implementations.started(starter, OURS, "persist", hosts) as running,
            documents.connected(firestore.host) as db,
        ):
            wait_for(running)
            _fill_topic(starter, pubsub, count)
            start = time.perf_counter()
            _set_push_endpoint(pubsub.host, f"http://{running.host}/")
            while db.count(messages.user_id()) < count:
                if time.perf_counter() - start > TIMEOUT:
                    raise CliError(f"The Pub/Sub emulator did not deliver {count:,} messages in {TIMEOUT:.0f} s.")
                time.sleep(POLL_INTERVAL)
            return count / (time.perf_counter() - start)


def _set_push_endpoint(host: str, endpoint: str) -> None:
    body = json.dumps({"pushConfig": {"pushEndpoint": endpoint}})
    path = f"/v1/projects/{PROJECT}/subscriptions/{_SUBSCRIPTION}:modifyPushConfig"
    with closing(http.client.HTTPConnection(host, timeout=emulators.TIMEOUT)) as connection:
        connection.request("POST", path, body, {"content-type": "application/json"})
        connection.getresponse().read()
