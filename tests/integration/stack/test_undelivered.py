"""Messages are taken out of the Pub/Sub emulator and published again, none lost and none changed."""

import threading
import time
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from data_api.stack.data.undelivered import Json, Undelivered
from data_api.stack.emulators.provision import Pushes, provision
from tests.support.functions.adapters import Emulator
from tests.support.servers.http_server import serving

NUMBER = 250
LIMIT = 30.0  # seconds


class Unavailable(BaseHTTPRequestHandler):
    """Answers every push with 503, so that its message waits for the next attempt."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(503)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: its requests are not of interest."""


@pytest.fixture
def undelivered(pubsub: Emulator) -> Iterator[Undelivered]:
    project = f"p{uuid.uuid4().hex[:12]}"
    with serving(Unavailable) as port:
        provision(pubsub.host, project, Pushes(f"http://127.0.0.1:{port}/", f"http://127.0.0.1:{port}/dead-letter"))
        yield Undelivered(pubsub.host, project)


def taken(undelivered: Undelivered, number: int) -> list[Json]:
    messages: list[Json] = []
    until = time.monotonic() + LIMIT
    while len(messages) < number:
        assert time.monotonic() < until, f"{len(messages)} of {number} messages"
        messages += undelivered.pull()
    assert [] == undelivered.pull()
    return sorted(messages, key=lambda message: (message["topic"], message["message"]["data"]))


def test_what_is_taken_can_be_published_again(undelivered: Undelivered) -> None:
    messages = [
        {
            "topic": topic,
            "message": {"data": f"{index:04}", "attributes": {"traceparent": "x"}},
        }
        for topic in ("records", "records-dead-letter")
        for index in range(NUMBER)
    ]
    undelivered.publish(messages)
    undelivered.stop_pushes()
    assert messages == taken(undelivered, 2 * NUMBER)

    undelivered.publish(messages)
    assert messages == taken(undelivered, 2 * NUMBER)


def test_a_message_whose_push_has_no_answer_yet_is_taken(pubsub: Emulator) -> None:
    arrived, may_answer = threading.Event(), threading.Event()

    class Frozen(Unavailable):
        """Answers when it may."""

        def do_POST(self) -> None:
            arrived.set()
            may_answer.wait(LIMIT)
            super().do_POST()

    project = f"p{uuid.uuid4().hex[:12]}"
    with serving(Frozen) as port:
        provision(pubsub.host, project, Pushes(f"http://127.0.0.1:{port}/", f"http://127.0.0.1:{port}/dead-letter"))
        undelivered = Undelivered(pubsub.host, project)
        messages = [{"topic": "records", "message": {"data": "0000"}}]
        undelivered.publish(messages)
        try:
            assert arrived.wait(LIMIT)
            undelivered.stop_pushes()
            assert messages == taken(undelivered, 1)
        finally:
            may_answer.set()


def test_an_emulator_without_the_subscriptions_is_an_error(pubsub: Emulator) -> None:
    with pytest.raises(OSError, match="answered 404 to subscriptions/persist"):
        Undelivered(pubsub.host, "nobody").stop_pushes()
