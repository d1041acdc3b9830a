"""Requests made to cost much, against the functions as processes: their memory and their answers stay small."""

import asyncio
import http.client
import json
import re
import socket
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from bench.harness import implementations
from bench.harness.processes import MIB, Running, Starter, wait_for
from data_api.shared.ports import LOOPBACK
from data_api.stack.emulators.emulator import FIRESTORE, PUBSUB
from data_api.stack.runtime.orphan_reaper import orphan_reaper
from dataapi.http.dispatch import MAX_ERROR_BYTES
from dataapi.records.pagination import MAX_PAGE_BYTES
from dataapi.records.rules import MAX_RECORD_BYTES
from dataapi.records.submission import MAX_BATCH_BYTES
from tests.support.functions import adapters
from tests.support.functions.adapters import Emulator
from tests.support.functions.calls import identity
from tests.support.functions.examples import claims_of, new_user, record_of
from tests.support.records import SAMPLE

MAX_MEMORY = 256  # MiB, resident; an instance has 512
TIMEOUT = 60.0  # seconds that a busy machine may take for an answer
JSON, NDJSON = {"content-type": "application/json"}, {"content-type": "application/x-ndjson"}
TOPIC = "attacked"


class Attack(NamedTuple):
    """A body, and how often it is sent at once."""

    body: bytes
    headers: Mapping[str, str] = JSON
    at_once: int = 4


def filled(begin: bytes, item: bytes, end: bytes, size: int = MAX_RECORD_BYTES) -> bytes:
    """As many of the items as fit, with commas between them."""
    count = (size - len(begin) - len(end)) // (len(item) + 1)
    return begin + b",".join([item] * count) + end


def named(pattern: str, begin: str = "{", end: str = "}") -> bytes:
    """An object with as many names as fit."""
    count = (MAX_RECORD_BYTES - len(begin) - len(end)) // (len(json.dumps(pattern % 10**5)) + 3)
    return (begin + ",".join(f"{json.dumps(pattern % number)}:1" for number in range(count)) + end).encode()


LONG_NAME = named("%05d", '{"' + "x" * (MAX_RECORD_BYTES // 2) + '":{', "}}")
ONES = filled(b'{"a":[', b"1", b"]}")
ATTACKS = {
    "long name": Attack(LONG_NAME),
    "batch of long names": Attack(b"\n".join([LONG_NAME] * 4), NDJSON),
    "lines that are no JSON": Attack(b"x\n" * (MAX_BATCH_BYTES // 2), NDJSON),
    "numbers": Attack(ONES),
    "batch of numbers": Attack(b"\n".join([ONES[:-20] + b"1]}"] * 31), NDJSON, at_once=1),
    "objects": Attack(filled(b'{"a":[', b'{"a":1}', b"]}")),
    "deep objects": Attack(filled(b'{"a":[', b'{"a":' * 17 + b"1" + b"}" * 17, b"]}")),
    "reserved names": Attack(named("__%d__")),
    "names of control characters": Attack(named("\x01" * 240 + "%d")),
    "long integers": Attack(filled(b'{"a":[', b"9" * 4_300, b"]}")),
}


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starter]:
    scratch = tmp_path_factory.mktemp("attacks")
    with orphan_reaper(scratch) as reaper:
        yield Starter(reaper, scratch)


@pytest.fixture(scope="module")
def generate(starter: Starter, pubsub: Emulator) -> Iterator[Running]:
    with closing(http.client.HTTPConnection(pubsub.host, timeout=TIMEOUT)) as connection:
        connection.request("PUT", f"/v1/projects/{adapters.PROJECT}/topics/{TOPIC}", "{}", JSON)
        assert connection.getresponse().status in (200, 409)
    yield from started(starter, "generate", {PUBSUB.host_variable: pubsub.host})


@pytest.fixture(scope="module")
def present(starter: Starter, firestore: Emulator) -> Iterator[Running]:
    yield from started(starter, "present", {FIRESTORE.host_variable: firestore.host})


def started(starter: Starter, function: str, hosts: Mapping[str, str]) -> Iterator[Running]:
    environ = {"GOOGLE_CLOUD_PROJECT": adapters.PROJECT, "DATABASE": adapters.DATABASE, "TOPIC": TOPIC}
    with implementations.started(starter, implementations.OURS, function, hosts, environ) as running:
        wait_for(running)
        yield running


def caller(user: str, role: str) -> Mapping[str, str]:
    return identity(claims_of(user, role))


def call(
    running: Running, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
) -> tuple[int, bytes]:
    with closing(http.client.HTTPConnection(LOOPBACK, running.port, timeout=TIMEOUT)) as connection:
        connection.request(method, target, body or None, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read()


def post(running: Running, body: bytes, headers: Mapping[str, str] = JSON, user: str = "ada") -> tuple[int, bytes]:
    return call(running, "POST", "/data", {**caller(user, "data.write"), **headers}, body)


def assert_memory_is_bounded(running: Running) -> None:
    """The largest resident sizes that the function's processes ever had, together."""
    process = psutil.Process(running.pid)
    statuses = [Path(f"/proc/{each.pid}/status") for each in (process, *process.children(recursive=True))]
    peaks = [re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) for status in statuses]
    assert sum(int(peak[1]) for peak in peaks if peak) * 1024 / MIB < MAX_MEMORY


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_a_request_that_costs_much_gets_a_small_answer(attack: Attack, generate: Running) -> None:
    with ThreadPoolExecutor(attack.at_once) as pool:
        answers = [*pool.map(lambda _: post(generate, attack.body, attack.headers, "eve"), range(attack.at_once))]
    assert {400} == {status for status, _ in answers}
    assert max(len(body) for _, body in answers) <= MAX_ERROR_BYTES
    assert_memory_is_bounded(generate)


def test_answers_that_nobody_reads_take_no_memory(generate: Running) -> None:
    with ExitStack() as stack:
        for _ in range(10):
            upload(stack, generate, LONG_NAME, len(LONG_NAME), JSON)
        assert 202 == post(generate, json.dumps(SAMPLE).encode())[0]
        assert_memory_is_bounded(generate)


def test_stalled_uploads_of_one_user_do_not_keep_another_from_posting(generate: Running) -> None:
    batch = b"\n".join([json.dumps(SAMPLE).encode()] * 100) + b"\n" * (5 * MIB)  # does not fit beside 60 MiB
    with ExitStack() as stack:
        for _ in range(15):
            upload(stack, generate, bytes(4 * MIB), MAX_BATCH_BYTES, NDJSON)
        assert 202 == post(generate, json.dumps(SAMPLE).encode())[0]
        assert 202 == post(generate, batch, NDJSON)[0]
        assert_memory_is_bounded(generate)


def test_a_query_of_very_many_parameters_gets_a_small_answer(present: Running) -> None:
    headers = caller("eve", "data.read")
    for query in ("&".join(["since"] * 9_000), "&".join(f"p{number}=1" for number in range(7_000))):
        status, body = call(present, "GET", f"/data?{query}", headers)
        assert 400 == status
        assert len(body) <= MAX_ERROR_BYTES
    assert_memory_is_bounded(present)


def test_pages_of_large_records_that_are_read_at_once_are_small(present: Running, firestore: Emulator) -> None:
    user_id = new_user()
    asyncio.run(store_large_records(firestore.host, user_id))
    headers = caller(user_id.partition("@")[0], "data.read")
    with ThreadPoolExecutor(4) as pool:
        pages = [*pool.map(lambda _: call(present, "GET", "/data?pageSize=500", headers), range(4))]
    assert {200} == {status for status, _ in pages}
    assert max(len(page) for _, page in pages) <= MAX_PAGE_BYTES
    assert all("nextPageToken" in json.loads(page) for _, page in pages)
    assert_memory_is_bounded(present)


async def store_large_records(host: str, user_id: str) -> None:
    records = [record_of(user_id, data={"text": "x" * 250_000}) for _ in range(20)]
    async with adapters.record_store_at(host) as store:
        for record in records:
            await store.save(record)


def upload(stack: ExitStack, running: Running, sent: bytes, size: int, headers: Mapping[str, str]) -> None:
    """Sends a part of a body of `size` bytes as eve, and reads nothing; the connection stays open with the stack."""
    connection = stack.enter_context(socket.create_connection((LOOPBACK, running.port), TIMEOUT))
    lines = [f"{name}: {value}" for name, value in {**caller("eve", "data.write"), **headers}.items()]
    head = ["POST /data HTTP/1.1", "host: x", f"content-length: {size}", *lines, "", ""]
    with suppress(ConnectionError):  # it may be refused before it has sent all
        connection.sendall("\r\n".join(head).encode() + sent)
