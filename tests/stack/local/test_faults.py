"""The system with killed, frozen or overloaded parts: each accepted record is stored, all else gets an error."""

import asyncio
import base64
import json
import os
import signal
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from tests.support.records import SAMPLE, record_with, text_of

if TYPE_CHECKING:
    from tests.support.servers.local_stack import Stack

RATE = 200  # posts a second
SECONDS = 15
CLIENTS = 25
TIMEOUT = 60.0  # seconds that a busy machine may take for an answer


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def pid_of(stack: "Stack", part: str) -> int:
    return next(int(entry["pid"]) for entry in stack.state()["processes"] if entry["name"] == part)


def port_of(stack: "Stack", part: str) -> int:
    return next(int(entry["port"]) for entry in stack.state()["processes"] if entry["name"] == part)


async def test_every_accepted_record_is_stored_once_through_kills_and_a_frozen_database(stack: "Stack") -> None:
    user = f"loaded-{uuid.uuid4()}"
    accepted: dict[str, str] = {}  # what was posted -> its id
    refused: Counter[int | str] = Counter()

    async def post_for(client: httpx.AsyncClient, worker: int) -> None:
        start = time.monotonic()
        for number in range(RATE * SECONDS // CLIENTS):
            await asyncio.sleep(start + number * CLIENTS / RATE - time.monotonic())  # the pace of the load
            name = f"{worker}-{number}"
            try:
                answer = await client.post("/data", json=record_with(name))
            except httpx.TransportError as fault:
                refused[type(fault).__name__] += 1
                continue
            if answer.status_code == 202:
                accepted[name] = answer.json()["id"]
            else:
                refused[answer.status_code] += 1

    async def break_things() -> None:
        await asyncio.sleep(1)
        os.kill(pid_of(stack, "persist"), signal.SIGKILL)
        await asyncio.sleep(1)
        with frozen(pid_of(stack, "firestore")):
            await asyncio.sleep(3)
            os.kill(pid_of(stack, "generate"), signal.SIGKILL)
            await asyncio.sleep(9)  # together longer than a write may take, so that some fail

    headers = {"authorization": f"Bearer {stack.token(user, 'data.read', 'data.write')}"}
    async with httpx.AsyncClient(base_url=stack.url, headers=headers, timeout=20) as client:
        await asyncio.gather(break_things(), *(post_for(client, worker) for worker in range(CLIENTS)))

    assert len(accepted) > RATE * SECONDS / 3
    assert set(refused) <= {503, 502, 504, "RemoteProtocolError", "ReadError", "ConnectError"}
    stack.eventually(lambda: set(accepted.values()) <= _logged_as_stored(stack), seconds=90, pause=0.5)
    with stack.client(user, "data.read") as reader:
        copies = Counter(_readable(reader))
    assert dict.fromkeys(accepted, 1) == {name: copies[name] for name in accepted}
    assert {1} == set(copies.values())


def test_one_poison_message_in_a_hundred_becomes_a_dead_letter_and_the_others_are_stored(stack: "Stack") -> None:
    user = f"neighbour-{uuid.uuid4()}"
    user_id = f"{user}@accounts.google.com"
    ids = [uuid.uuid4().hex for _ in range(100)]
    poison = ids[57]
    messages = [_message(record_id, user_id, [[1]] if record_id == poison else "fine") for record_id in ids]

    httpx.post(f"http://{stack.pubsub}/v1/{stack.topic}:publish", json={"messages": messages}).raise_for_status()

    with stack.client(user, "data.read") as reader:
        stack.eventually(lambda: 99 == len(reader.get("/data?pageSize=500").json()["records"]), pause=0.2)
    dead = stack.eventually(lambda: _dead_letter(stack, poison), seconds=60, pause=0.5)
    assert "persist" == dead["attributes"]["CloudPubSubDeadLetterSourceSubscription"]
    reasons = {line["reason"] for line in stack.logs("persist") if line["message"] == "rejected"}
    assert any("array in an array" in reason for reason in reasons)
    result = stack.command("trace", poison, "--port", str(stack.port)).stdout
    attempts = [line.split("\t")[4] for line in result.splitlines() if line.split("\t")[2] == "rejected"]
    assert ["attempt 1", "attempt 2"] == [detail.partition(",")[0] for detail in attempts[:2]]


def events_of(stack: "Stack", record_id: str) -> Counter[str]:
    """How often `persist` has logged each event of a record; the stack copies its lines to the file a moment later."""
    return Counter(line["message"] for line in stack.logs("persist") if line.get("id") == record_id)


def test_a_push_delivered_fifty_times_at_once_is_one_document(stack: "Stack") -> None:
    user = f"pushed-{uuid.uuid4()}"
    record_id = uuid.uuid4().hex
    message = _message(record_id, f"{user}@accounts.google.com", "fine")
    push = {"subscription": "s", "message": {**message, "messageId": "1"}}

    async def deliver() -> list[int]:
        limits = httpx.Limits(max_connections=50)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port_of(stack, 'persist')}", limits=limits) as client:
            answers = await asyncio.gather(*(client.post("/", json=push) for _ in range(50)))
            answers.append(await client.post("/", json=push))
        return [answer.status_code for answer in answers]

    assert [204] * 51 == asyncio.run(deliver())
    stack.eventually(lambda: {"stored": 1, "duplicate": 50} == events_of(stack, record_id))
    with stack.client(user, "data.read") as reader:
        assert [record_id] == [record["id"] for record in reader.get("/data").json()["records"]]


def test_a_flood_while_pubsub_is_out_of_reach_is_refused_and_costs_no_memory(stack: "Stack") -> None:
    large = record_with("x" * 250_000)

    async def flood() -> list[httpx.Response]:
        headers = {"authorization": f"Bearer {stack.token('flood', 'data.write')}"}
        limits = httpx.Limits(max_connections=400)
        async with httpx.AsyncClient(base_url=stack.url, headers=headers, timeout=30, limits=limits) as client:
            return await asyncio.gather(*(client.post("/data", json=large) for _ in range(400)))

    with frozen(pid_of(stack, "pubsub")):
        answers = asyncio.run(flood())

    assert {429, 503} == {answer.status_code for answer in answers}  # 429: over a user's share
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers)
    messages = {answer.json()["message"] for answer in answers}
    assert any("in progress" in message for message in messages)
    generate = psutil.Process(pid_of(stack, "generate"))
    memory = sum(process.memory_info().rss for process in [generate, *generate.children(recursive=True)])
    assert memory < 512 * 2**20  # an instance's memory in the cloud; here the master and the launcher count as well
    with stack.client("flood", "data.write") as client:
        stack.eventually(lambda: 202 == client.post("/data", json=SAMPLE).status_code)


def _readable(reader: httpx.Client) -> list[str]:
    names = []
    following: str | None = "/data?pageSize=500"
    while following:
        page = reader.get(following)
        names += [text_of(record["data"]) for record in page.json().get("records", [])]
        following = page.links.get("next", {}).get("url")
    return names


def _logged_as_stored(stack: "Stack") -> set[str]:
    """Cheaper than a list: the emulator reads all of its documents for each page."""
    return {line["id"] for line in stack.logs("persist") if line["message"] in ("stored", "duplicate")}


def _message(record_id: str, user_id: str, value: object) -> dict[str, object]:
    fields = {"id": record_id, "userId": user_id, "createdAt": "2026-01-01T00:00:00.000000Z", "data": {"value": value}}
    data = base64.b64encode(json.dumps(fields).encode()).decode()
    return {"data": data, "attributes": {"schemaVersion": "1"}}


def _dead_letter(stack: "Stack", record_id: str) -> dict[str, Any]:
    answer = httpx.post(f"http://{stack.pubsub}/v1/{stack.dead_letters}:pull", json={"maxMessages": 100}, timeout=30)
    for received in answer.json().get("receivedMessages", []):
        if json.loads(base64.b64decode(received["message"]["data"]))["id"] == record_id:
            return dict(received["message"])
    return {}


pytestmark = pytest.mark.filterwarnings("default::ResourceWarning")  # killed connections are closed by the other side


def test_a_body_that_does_not_arrive_is_refused_after_a_while(stack: "Stack") -> None:
    address = urlsplit(stack.url)
    headers = {"authorization": f"Bearer {stack.token('ada', 'data.write')}", "content-type": "application/json"}
    with closing(HTTPConnection(address.netloc, timeout=TIMEOUT)) as connection:
        connection.request("POST", "/data", b"{", headers={**headers, "content-length": "100"})
        answer = connection.getresponse()
        assert 408 == answer.status
        assert "The body took too long to arrive. Send it again, or less at once." == json.load(answer)["message"]
