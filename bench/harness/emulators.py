"""Runs an emulator, fresh and empty, for the length of a block.

Owns when they are ready: when they have done their first work, so that nobody measures Java loading classes.
"""

import contextlib
import http.client
import json
import os
from collections.abc import Iterator

from rich.console import Console

from bench.harness.processes import Running, Starter, wait_for
from data_api.shared import ports, stack_state
from data_api.stack.composition import PROJECT
from data_api.stack.emulators import emulator
from data_api.stack.emulators.download import progress_on
from data_api.stack.emulators.java import find_java
from data_api.stack.emulators.provision import TOPIC
from data_api.stack.emulators.warm_up import warm_up
from data_api.stack.runtime.function_processes import DATABASE

TIMEOUT = 10.0  # seconds for one answer


@contextlib.contextmanager
def behind(starter: Starter, function: str) -> Iterator[Running]:
    """What stands behind a function."""
    with (pubsub if function == "generate" else firestore)(starter) as running:
        yield running


def variable(function: str) -> str:
    """Under which a function finds what stands behind it."""
    return (emulator.PUBSUB if function == "generate" else emulator.FIRESTORE).host_variable


@contextlib.contextmanager
def firestore(starter: Starter) -> Iterator[Running]:
    """An empty Firestore."""
    with _emulator(starter, emulator.FIRESTORE) as running:
        warm_up(running.host, PROJECT, DATABASE)
        yield running


@contextlib.contextmanager
def pubsub(starter: Starter) -> Iterator[Running]:
    """A Pub/Sub with the topic and no subscription: what is published is dropped."""
    with _emulator(starter, emulator.PUBSUB) as running:
        put(running.host, f"topics/{TOPIC}", {})
        yield running


def put(host: str, name: str, resource: dict[str, object]) -> None:
    """Makes a topic or a subscription."""
    connection = http.client.HTTPConnection(host, timeout=TIMEOUT)
    with contextlib.closing(connection):
        connection.request(
            "PUT", f"/v1/projects/{PROJECT}/{name}", json.dumps(resource), {"content-type": "application/json"}
        )
        answer = connection.getresponse()
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(f"The Pub/Sub emulator answers {answer.status} to {name}: {answer.read()!r}")


@contextlib.contextmanager
def _emulator(starter: Starter, program: emulator.Emulator) -> Iterator[Running]:
    cache = stack_state.home(os.environ) / "emulators"
    jar = emulator.find_jar(program, environ=os.environ, cache=cache, progress=progress_on(Console(stderr=True)))
    [port] = ports.free_ports(1)
    command = program.command(find_java(os.environ), jar, port)
    with starter.started(f"{program.name} emulator".replace("/", ""), command, port, os.environ) as running:
        wait_for(running)
        yield running
