"""Runs the official emulators, each once for all tests that use it.

Every test creates its own users and topics, so that tests do not affect each other.
"""

import os
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import IO

import pytest

from data_api.shared import ports, stack_state
from data_api.shared.contract import load_contract
from data_api.shared.local_tokens import signing_key
from data_api.stack.emulators import emulator
from data_api.stack.emulators.download import Advance
from data_api.stack.emulators.java import find_java
from dataapi.interfaces import RecordStore
from tests.support.functions import adapters, in_memory
from tests.support.functions.adapters import Emulator
from tests.support.servers.gateways import function
from tests.support.servers.signers import Signer

TIMEOUT = 30.0  # seconds that a busy machine may take to start an emulator; an idle one takes less than one
POLL = 0.02  # seconds


@pytest.fixture(scope="session")
def firestore(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with _running(emulator.FIRESTORE, tmp_path_factory.mktemp("firestore") / "output") as started:
        yield started


@pytest.fixture(scope="session")
def pubsub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with _running(emulator.PUBSUB, tmp_path_factory.mktemp("pubsub") / "output") as started:
        yield started


@pytest.fixture(params=["in memory", "emulator"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[RecordStore]:
    """The store in memory, and the adapter with an emulator."""
    if request.param == "in memory":
        yield in_memory.RecordStore()
        return
    async with adapters.record_store_at(request.getfixturevalue("firestore").host) as connected:
        yield connected


@pytest.fixture(scope="module")
def sign(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    folder = tmp_path_factory.mktemp("keys")
    return Signer(load_contract(), signing_key(folder / "ours.pem"), signing_key(folder / "theirs.pem"))


@pytest.fixture(scope="module")
def functions() -> Iterator[dict[str, int]]:
    """The ports of the functions behind the gateway, which answer with the request that they got."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(function(name)) for name in ("generate", "present", "delete", "web")}


@contextmanager
def _running(program: emulator.Emulator, output: Path) -> Iterator[Emulator]:
    jar = emulator.find_jar(
        program, environ=os.environ, cache=stack_state.home(os.environ) / "emulators", progress=_silent
    )
    [port] = ports.free_ports(1)
    command = program.command(find_java(os.environ), jar, port)
    with output.open("wb") as log, _started(command, log) as process:
        _wait_until_it_accepts(process, port, output)
        yield Emulator(f"{ports.LOOPBACK}:{port}", process.pid)


@contextmanager
def _started(command: list[str], log: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()  # nothing in it is worth a farewell
        process.wait()


def _wait_until_it_accepts(process: subprocess.Popen[bytes], port: int, output: Path) -> None:
    end = time.monotonic() + TIMEOUT
    while not ports.accepts(ports.LOOPBACK, port):
        if process.poll() is not None or time.monotonic() > end:
            pytest.fail(f"The emulator did not start:\n{output.read_text(errors='replace')[-4_000:]}")
        time.sleep(POLL)


def _silent(_title: str, _size: int) -> AbstractContextManager[Advance]:
    """Ignores the progress of a download."""
    return nullcontext(lambda _: None)
