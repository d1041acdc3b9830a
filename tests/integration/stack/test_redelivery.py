"""What is published is delivered or becomes a dead letter, however many messages fail at the same moment."""

import base64
import http.client
import json
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from data_api.stack.emulators.provision import ATTEMPTS, DEAD_LETTER_SUBSCRIPTION, SUBSCRIPTION, Pushes, provision
from tests.support.functions.adapters import Emulator
from tests.support.servers.http_server import serving

LIMIT = 60.0  # seconds; an idle machine needs a tenth
POLL = 0.05
DEAD_LETTER_PATH = "/dead-letter"
AT_ONCE = (1, 2, 10, 55)  # messages that are published together, and fail together
GOOD = [f"good {index}" for index in range(5)]


class Subscriber:
    """A project of the emulator whose pushes are answered here.

    The answer is 422 for poison, 503 for the first two pushes of any other message and for the first of a dead letter.
    """

    def __init__(self, host: str) -> None:
        self.host = host
        self.project = f"p{uuid.uuid4().hex[:12]}"
        self.pushed, self.dead_letters = Counter[str](), Counter[str]()

    def status(self, path: str, content: str) -> int:
        counted = self.dead_letters if path == DEAD_LETTER_PATH else self.pushed
        counted[content] += 1
        if path == DEAD_LETTER_PATH:
            return 503 if counted[content] == 1 else 204
        if content.startswith("poison"):
            return 422
        return 503 if counted[content] <= 2 else 204

    def publish(self, contents: Sequence[str]) -> None:
        messages = [{"data": base64.b64encode(content.encode()).decode()} for content in contents]
        self.call("POST", "topics/records:publish", {"messages": messages})

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        connection = http.client.HTTPConnection(self.host, timeout=LIMIT)
        headers = {"content-type": "application/json"}
        connection.request(method, f"/v1/projects/{self.project}/{path}", json.dumps(body), headers)
        response = connection.getresponse()
        answer: dict[str, Any] = json.loads(response.read())
        connection.close()
        assert 200 == response.status, answer
        return answer


@contextmanager
def subscriber(host: str) -> Iterator[tuple[Subscriber, Pushes]]:
    result = Subscriber(host)

    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            push = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(result.status(self.path, base64.b64decode(push["message"]["data"]).decode()))
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing: its requests are not of interest."""

    with serving(Endpoint) as port:
        pushes = Pushes(f"http://127.0.0.1:{port}/", f"http://127.0.0.1:{port}{DEAD_LETTER_PATH}")
        provision(host, result.project, pushes)
        yield result, pushes


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < until, "a message was not delivered again"
        time.sleep(POLL)


def test_messages_that_fail_together_become_dead_letters_and_later_failures_are_retried(pubsub: Emulator) -> None:
    with ExitStack() as stack:
        subscribers = {number: stack.enter_context(subscriber(pubsub.host))[0] for number in AT_ONCE}
        for number, subscribed in subscribers.items():
            subscribed.publish([f"poison {index}" for index in range(number)])
        wait_until(lambda: all([2] * number == [*each.dead_letters.values()] for number, each in subscribers.items()))
        for subscribed in subscribers.values():
            subscribed.publish(GOOD)
        wait_until(lambda: all(each.pushed[name] == 3 for each in subscribers.values() for name in GOOD))

        for number, subscribed in subscribers.items():
            poison = {name: count for name, count in subscribed.pushed.items() if name not in GOOD}
            assert {f"poison {index}": ATTEMPTS for index in range(number)} == poison
            copies = subscribed.call("POST", f"subscriptions/{DEAD_LETTER_SUBSCRIPTION}:pull", {"maxMessages": 1_000})
            attributes = [received["message"]["attributes"] for received in copies["receivedMessages"]]
            assert [str(ATTEMPTS)] * number == [each["CloudPubSubDeadLetterSourceDeliveryCount"] for each in attributes]
            assert {SUBSCRIPTION} == {each["CloudPubSubDeadLetterSourceSubscription"] for each in attributes}


def test_a_subscription_of_an_earlier_version_loses_its_retry_policy_and_delivers_what_waits(pubsub: Emulator) -> None:
    name = f"subscriptions/{SUBSCRIPTION}"
    with subscriber(pubsub.host) as (subscribed, pushes):
        full_name = f"projects/{subscribed.project}/{name}"
        policy = {"minimumBackoff": "600s", "maximumBackoff": "600s"}
        body = {"subscription": {"name": full_name, "retryPolicy": policy}, "updateMask": "retryPolicy"}
        subscribed.call("PATCH", name, body)
        subscribed.publish(["good"])
        wait_until(lambda: subscribed.pushed["good"] == 2)

        provision(pubsub.host, subscribed.project, pushes)
        wait_until(lambda: subscribed.pushed["good"] == 3)
        assert "retryPolicy" not in subscribed.call("GET", name)
