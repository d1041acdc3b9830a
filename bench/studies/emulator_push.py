"""Measures how long Pub/Sub's emulator itself takes to push a message, to an endpoint that does nothing.

Owns that figure's measurement: what `visible.py` measures through the whole stack can be no better. The emulator looks
for what to push in intervals; the cloud does not.
"""

import base64
import contextlib
import json
import threading
import time
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
from google.pubsub_v1.services.publisher import PublisherClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.types import PubsubMessage

from bench.harness import emulators
from bench.harness.processes import Starter
from data_api.shared.ports import LOOPBACK
from data_api.stack.composition import PROJECT
from data_api.stack.emulators.provision import TOPIC

TIMEOUT = 5.0  # seconds for the last ones
_SUBSCRIPTION = "alone"


def delays(starter: Starter, rate: int, seconds: int) -> Sequence[float]:
    """Milliseconds of each message from its publication to its push, at so many a second."""
    with emulators.pubsub(starter) as pubsub, _endpoint() as (port, delays_ms):
        topic, push = f"projects/{PROJECT}/topics/{TOPIC}", {"pushEndpoint": f"http://{LOOPBACK}:{port}/"}
        emulators.put(pubsub.host, f"subscriptions/{_SUBSCRIPTION}", {"topic": topic, "pushConfig": push})
        _publish(pubsub.host, rate, rate * seconds)
        until = time.monotonic() + TIMEOUT
        while len(delays_ms) < rate * seconds and time.monotonic() < until:
            time.sleep(1 / rate)
        return delays_ms


def _publish(host: str, rate: int, count: int) -> None:
    with PublisherClient(transport=PublisherGrpcTransport(channel=grpc.insecure_channel(host))) as client:
        began = time.monotonic()
        for number in range(count):
            time.sleep(max(0.0, began + number / rate - time.monotonic()))
            message = PubsubMessage(data=str(time.perf_counter()).encode())
            client.publish(topic=f"projects/{PROJECT}/topics/{TOPIC}", messages=[message])


@contextlib.contextmanager
def _endpoint() -> Iterator[tuple[int, list[float]]]:
    """Its port, and the milliseconds of what it has got so far."""
    results: list[float] = []

    class Endpoint(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            pushed = json.loads(self.rfile.read(int(self.headers["content-length"])))
            published = float(base64.b64decode(pushed["message"]["data"]))
            results.append((time.perf_counter() - published) * 1e3)
            self.send_response(HTTPStatus.NO_CONTENT)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer((LOOPBACK, 0), Endpoint) as server:
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        try:
            yield server.server_port, results
        finally:
            server.shutdown()
            serving.join()
