"""Measures the time from a POST until GET shows the record, through the whole stack that `data-api up` runs.

Owns what is looked at: one record after the other, asked for by its id again and again, at rest and while wrk posts
200 others a second. The emulator of Pub/Sub pushes in intervals and one message at a time, which the cloud does not;
its share is part of the figure, and is measured alone besides (`emulator_push.py`).
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
from bench.harness.progress import Tell
from bench.harness.scale import Scale
from bench.studies import emulator_push
from bench.workload import messages
from bench.workload.answers import TIMEOUT
from data_api.shared import stack_state
from data_api.shared.errors import CliError
from data_api.shared.ports import LOOPBACK, free_ports

RATE = 200  # records a second
CONNECTIONS = 20
PAUSE = 1_000 * CONNECTIONS // RATE - 6  # milliseconds; an answer takes about the six
WARM_UP = 1  # seconds
LEAD = 3  # seconds of load before the first record is looked for
TAIL = 1  # seconds of load after the last
POLL = 0.002  # seconds between two looks, so that looking leaves the processors to what is looked at
AT_REST, UNDER_LOAD = "at rest", f"at {RATE} records a second"
EMULATOR = f"the emulator's push alone, at {RATE} a second"
_PROGRAM = str(Path(sys.executable).with_name("data-api"))
_ROLES = ("--role", "data.read", "--role", "data.write")


@dataclass(frozen=True)
class Visible:
    """Milliseconds of each record until it was seen, and the records a second that were really posted besides."""

    times: Mapping[str, Sequence[float]]
    rate: float

    def percentile(self, case: str, percent: int) -> float:
        """Milliseconds."""
        return quantiles(self.times[case], n=100, method="inclusive")[percent - 1]


def steps(_: Scale) -> int:
    """How often `measured` tells what it does."""
    return 4


def measured(starter: Starter, scale: Scale, tell: Tell) -> Visible:
    """All of it."""
    tell("starting the stack")
    with _stack(starter) as (running, environ):
        headers = {"authorization": f"Bearer {_token('ada', environ)}"}
        _look(running.port, headers, WARM_UP)
        tell(AT_REST)
        resting = _look(running.port, headers, scale.visible)
        tell(UNDER_LOAD)
        with _others(running.port, _token("eve", environ), LEAD + scale.visible + TAIL) as result:
            time.sleep(LEAD)
            loaded = _look(running.port, headers, scale.visible)
    tell(EMULATOR)
    alone = emulator_push.delays(starter, RATE, scale.visible)
    return Visible({AT_REST: resting, UNDER_LOAD: loaded, EMULATOR: alone}, result[0].rate)


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


def _look(port: int, headers: Mapping[str, str], seconds: int) -> list[float]:
    """Milliseconds of each record that was posted in this time."""
    end = time.monotonic() + seconds
    results = []
    with contextlib.closing(http.client.HTTPConnection(LOOPBACK, port, timeout=TIMEOUT)) as connection:
        while time.monotonic() < end:
            results.append(_until_seen(connection, headers))
    return results


def _until_seen(connection: http.client.HTTPConnection, headers: Mapping[str, str]) -> float:
    """Milliseconds."""
    body = json.dumps(messages.record())
    began = time.perf_counter()
    connection.request("POST", "/data", body, {**headers, "content-type": "application/json"})
    response = connection.getresponse()
    location, content = response.headers.get("location"), response.read()
    if location is None:
        raise CliError(f"The stack answers {response.status} to a POST: {content[:500]!r}")
    while time.perf_counter() - began < TIMEOUT:
        connection.request("GET", location, headers=dict(headers))
        response = connection.getresponse()
        response.read()
        if response.status == http.HTTPStatus.OK:
            return (time.perf_counter() - began) * 1e3
        time.sleep(POLL)
    raise CliError(f"A record was not to be seen in {TIMEOUT:.0f} s.")


@contextlib.contextmanager
def _others(port: int, token: str, seconds: int) -> Iterator[list[Load]]:
    """Posts by somebody else, from the beginning of the block on; what came of them is there at its end."""
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    request = Request("POST", "/data", headers, (json.dumps(messages.record()).encode(),))
    results: list[Load] = []
    posting = threading.Thread(
        target=lambda: results.append(load.run(request, port, CONNECTIONS, seconds, pause=PAUSE)), daemon=True
    )
    posting.start()
    yield results
    posting.join()
    if not results:
        raise CliError("The load on the stack failed, so nothing was measured under it.")
