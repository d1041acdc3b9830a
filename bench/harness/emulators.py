"""Runs a new, empty emulator for the duration of a `with` block.

An emulator is ready when it has answered its first request, so that no measurement includes Java loading classes.
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

TIMEOUT = 10.0  # seconds for one response


@contextlib.contextmanager
def emulator_for(starter: Starter, function: str) -> Iterator[Running]:
    """The emulator that a function calls."""
    with (pubsub if function == "generate" else firestore)(starter) as running:
        yield running


def host_variable(function: str) -> str:
    """The environment variable with the address of the emulator that a function calls."""
    return (emulator.PUBSUB if function == "generate" else emulator.FIRESTORE).host_variable


@contextlib.contextmanager
def firestore(starter: Starter) -> Iterator[Running]:
    """An empty Firestore emulator."""
    with _emulator(starter, emulator.FIRESTORE) as running:
        warm_up(running.host, PROJECT, DATABASE)
        yield running


@contextlib.contextmanager
def pubsub(starter: Starter) -> Iterator[Running]:
    """A Pub/Sub emulator with the topic but no subscription: it drops published messages."""
    with _emulator(starter, emulator.PUBSUB) as running:
        create(running.host, f"topics/{TOPIC}", {})
        yield running


def create(host: str, name: str, resource: dict[str, object]) -> None:
    """Creates a topic or a subscription."""
    connection = http.client.HTTPConnection(host, timeout=TIMEOUT)
    with contextlib.closing(connection):
        connection.request(
            "PUT", f"/v1/projects/{PROJECT}/{name}", json.dumps(resource), {"content-type": "application/json"}
        )
        response = connection.getresponse()
        if response.status != http.HTTPStatus.OK:
            raise RuntimeError(f"The Pub/Sub emulator answered {response.status} to {name}: {response.read()!r}")


@contextlib.contextmanager
def _emulator(starter: Starter, program: emulator.Emulator) -> Iterator[Running]:
    cache = stack_state.home(os.environ) / "emulators"
    jar = emulator.find_jar(program, environ=os.environ, cache=cache, progress=progress_on(Console(stderr=True)))
    [port] = ports.free_ports(1)
    command = program.command(find_java(os.environ), jar, port)
    with starter.started(f"{program.name} emulator".replace("/", ""), command, port, os.environ) as running:
        wait_for(running)
        yield running
