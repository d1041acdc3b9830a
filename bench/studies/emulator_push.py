"""Measures how long the Pub/Sub emulator takes to push a message to an endpoint that does nothing.

This is the lower limit of the time that `visible.py` measures through the whole stack. The emulator checks for messages
to push at intervals; the cloud does not.
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

TIMEOUT = 5.0  # seconds to wait for the last pushes
_SUBSCRIPTION = "push-delay"


def delays(starter: Starter, rate: int, seconds: int) -> Sequence[float]:
    """Milliseconds from publishing to the push of each message, at `rate` messages a second."""
    with emulators.pubsub(starter) as pubsub, _endpoint() as (port, delays_ms):
        topic, push = f"projects/{PROJECT}/topics/{TOPIC}", {"pushEndpoint": f"http://{LOOPBACK}:{port}/"}
        emulators.create(pubsub.host, f"subscriptions/{_SUBSCRIPTION}", {"topic": topic, "pushConfig": push})
        _publish(pubsub.host, rate, rate * seconds)
        deadline = time.monotonic() + TIMEOUT
        while len(delays_ms) < rate * seconds and time.monotonic() < deadline:
            time.sleep(1 / rate)
        return delays_ms


def _publish(host: str, rate: int, count: int) -> None:
    with PublisherClient(transport=PublisherGrpcTransport(channel=grpc.insecure_channel(host))) as client:
        start = time.monotonic()
        for number in range(count):
            time.sleep(max(0.0, start + number / rate - time.monotonic()))
            message = PubsubMessage(data=str(time.perf_counter()).encode())
            client.publish(topic=f"projects/{PROJECT}/topics/{TOPIC}", messages=[message])


@contextlib.contextmanager
def _endpoint() -> Iterator[tuple[int, list[float]]]:
    """A server's port, and the delays in milliseconds of the pushes that it has received so far."""
    delays_ms: list[float] = []

    class Endpoint(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            push = json.loads(self.rfile.read(int(self.headers["content-length"])))
            published_at = float(base64.b64decode(push["message"]["data"]))
            delays_ms.append((time.perf_counter() - published_at) * 1e3)
            self.send_response(HTTPStatus.NO_CONTENT)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Logs nothing."""

    with ThreadingHTTPServer((LOOPBACK, 0), Endpoint) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_port, delays_ms
        finally:
            server.shutdown()
            thread.join()
