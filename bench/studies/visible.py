"""Measures the time from a POST until GET returns the record, through the whole stack of `data-api up`.

One record after the other is posted and requested by its id until it is there, without load and while wrk posts 200
other records a second. The Pub/Sub emulator pushes at intervals and one message at a time, which the cloud does not;
the result includes this delay, which is also measured alone (`emulator_push.py`).
"""

import contextlib
import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

from bench.harness import load
from bench.harness.load import Load, Request
from bench.harness.processes import Running, Starter, wait_for
from bench.harness.progress import BeginStep
from bench.harness.scale import Scale
from bench.studies import emulator_push
from bench.workload import messages
from bench.workload.answers import TIMEOUT
from data_api.shared import stack_state
from data_api.shared.errors import CliError
from data_api.shared.ports import LOOPBACK, free_ports

RATE = 200  # records a second of the load
CONNECTIONS = 20
PAUSE = 1_000 * CONNECTIONS // RATE - 6  # milliseconds; a response takes about 6
WARM_UP = 1  # seconds
LOAD_BEFORE = 3  # seconds of load before the first record is posted
LOAD_AFTER = 1  # seconds of load after the last
POLL_INTERVAL = 0.002  # seconds between two GETs, so that polling takes little CPU from the stack
WITHOUT_LOAD, UNDER_LOAD = "without load", f"at {RATE} records a second"
EMULATOR = f"only the emulator's push, at {RATE} a second"
_PROGRAM = str(Path(sys.executable).with_name("data-api"))
_ROLES = ("--role", "data.read", "--role", "data.write")


@dataclass(frozen=True)
class Visible:
    """Milliseconds until each record was visible, by case, and the measured records a second of the load."""

    times: Mapping[str, Sequence[float]]
    rate: float

    def percentile(self, case: str, percent: int) -> float:
        """The percentile of a case, in milliseconds."""
        return quantiles(self.times[case], n=100, method="inclusive")[percent - 1]


def steps(_: Scale) -> int:
    """The number of steps of `measure`."""
    return 4


def measure(starter: Starter, scale: Scale, begin_step: BeginStep) -> Visible:
    """Measures without load, under load, and the emulator alone."""
    begin_step("starting the stack")
    with _stack(starter) as (running, environ):
        headers = {"authorization": f"Bearer {_token('ada', environ)}"}
        _times_to_visible(running.port, headers, WARM_UP)
        begin_step(WITHOUT_LOAD)
        without_load = _times_to_visible(running.port, headers, scale.visible)
        begin_step(UNDER_LOAD)
        load_seconds = LOAD_BEFORE + scale.visible + LOAD_AFTER
        with _background_load(running.port, _token("eve", environ), load_seconds) as loads:
            time.sleep(LOAD_BEFORE)
            under_load = _times_to_visible(running.port, headers, scale.visible)
    begin_step(EMULATOR)
    emulator = emulator_push.delays(starter, RATE, scale.visible)
    return Visible({WITHOUT_LOAD: without_load, UNDER_LOAD: under_load, EMULATOR: emulator}, loads[0].rate)


@contextlib.contextmanager
def _stack(starter: Starter) -> Iterator[tuple[Running, Mapping[str, str]]]:
    home = starter.scratch / "stack" / ".data-api"
    home.mkdir(parents=True)
    (home / "emulators").symlink_to(stack_state.home(os.environ) / "emulators")
    [port] = free_ports(1)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DATA_API_")}
    environ = {**inherited, stack_state.HOME_VARIABLE: str(home.parent)}
    with starter.started("stack", [_PROGRAM, "up", "--port", str(port)], port, environ) as running:
        wait_for(running, lambda: b"Ready after" in running.log.read_bytes())
        yield running, environ


def _token(user: str, environ: Mapping[str, str]) -> str:
    command = [_PROGRAM, "token", "--user", user, *_ROLES]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603 - ours


def _times_to_visible(port: int, headers: Mapping[str, str], seconds: int) -> list[float]:
    """Milliseconds of each record; posts one record after the other for this time."""
    end = time.monotonic() + seconds
    times = []
    with contextlib.closing(http.client.HTTPConnection(LOOPBACK, port, timeout=TIMEOUT)) as connection:
        while time.monotonic() < end:
            times.append(_time_to_visible(connection, headers))
    return times


def _time_to_visible(connection: http.client.HTTPConnection, headers: Mapping[str, str]) -> float:
    """Milliseconds; raises CliError if the stack rejects the record or it stays invisible."""
    body = json.dumps(messages.record())
    start = time.perf_counter()
    connection.request("POST", "/data", body, {**headers, "content-type": "application/json"})
    response = connection.getresponse()
    location, content = response.headers.get("location"), response.read()
    if location is None:
        raise CliError(f"The stack answered {response.status} to a POST: {content[:500]!r}")
    while time.perf_counter() - start < TIMEOUT:
        connection.request("GET", location, headers=dict(headers))
        response = connection.getresponse()
        response.read()
        if response.status == http.HTTPStatus.OK:
            return (time.perf_counter() - start) * 1e3
        time.sleep(POLL_INTERVAL)
    raise CliError(f"A record was not visible {TIMEOUT:.0f} s after its POST.")


@contextlib.contextmanager
def _background_load(port: int, token: str, seconds: int) -> Iterator[list[Load]]:
    """Posts of another user while the `with` block runs; after the block, the list has their result."""
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    request = Request("POST", "/data", headers, (json.dumps(messages.record()).encode(),))
    loads: list[Load] = []
    thread = threading.Thread(
        target=lambda: loads.append(load.run(request, port, CONNECTIONS, seconds, pause=PAUSE)), daemon=True
    )
    thread.start()
    yield loads
    thread.join()
    if not loads:
        raise CliError("The load on the stack failed, so the time to visible under load was not measured.")
