"""Puts load on a function with wrk, and parses its results.

Owns the arguments of wrk and of `load.lua`, and the rule that a run with errors is not a measurement.
"""

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data_api.shared.errors import CliError
from data_api.shared.ports import LOOPBACK

SCRIPT = Path(__file__).with_name("load.lua")
TIMEOUT = "30s"  # of one request
MAX_SECONDS = 3_600  # of a run that ends after a number of requests
GET_WRK = (
    "The benchmark needs wrk, which is not installed: `apt install wrk` (Debian, Ubuntu), `brew install wrk` (macOS), "
    "or build it from https://github.com/wg/wrk, then run the command again."
)


@dataclass(frozen=True)
class Request:
    """The request that wrk repeats. Between the two parts of a body, `load.lua` puts a different id in each request."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Sequence[bytes] = ()


@dataclass(frozen=True)
class Load:
    """The result of a run of wrk."""

    requests: int
    seconds: float
    p50: float  # milliseconds
    p99: float  # milliseconds
    rejected: float  # share of the requests

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def find_wrk() -> str:
    """The path of wrk; raises CliError if it is not installed."""
    program = shutil.which("wrk")
    if program is None:
        raise CliError(GET_WRK)
    return program


def run(  # noqa: PLR0913  each of the last three is for one kind of load
    request: Request,
    port: int,
    connections: int,
    seconds: int,
    *,
    pause: int = 0,
    callers: Sequence[Mapping[str, str]] = (),
    allow_rejected: bool = False,
) -> Load:
    """Closed loop: each connection sends its next request after the response, or about `pause` ms later.

    `callers` are headers that identify callers; the requests use them in turn.
    """
    pause_variable = {"BENCH_PAUSE": str(pause)} if pause else {}
    with _arguments(request) as arguments, _callers_variable(callers) as callers_variable:
        options = _options(connections, seconds, request.headers)
        output = _wrk(options, port, arguments, {**pause_variable, **callers_variable})
        return parse(output, allow_rejected=allow_rejected)


def run_count(request: Request, port: int, connections: int, count: int) -> None:
    """Sends exactly this number of requests, and returns when all are answered."""
    with _arguments(request) as arguments:
        options = _options(connections, MAX_SECONDS, request.headers)
        _checked(_wrk(options, port, arguments, {"BENCH_REQUESTS": str(count)}))


def deliver(pushes: Path, port: int, connections: int) -> None:
    """Posts each line of a file once, and returns when all are answered."""
    options = _options(connections, MAX_SECONDS, {"content-type": "application/json"})
    _checked(_wrk(options, port, ["POST", "/", str(pushes)], {"BENCH_LINES": "1"}))


def parse(output: str, *, allow_rejected: bool = False) -> Load:
    """The result that `load.lua` makes wrk print; raises CliError for a run with errors."""
    run = _checked(output, allow_rejected=allow_rejected)
    return Load(
        requests=run["requests"],
        seconds=run["microseconds"] / 1e6,
        p50=run["p50"] / 1e3,
        p99=run["p99"] / 1e3,
        rejected=run["rejected"] / run["requests"],
    )


def _checked(output: str, *, allow_rejected: bool = False) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(output.strip().splitlines()[-1])
    if not content["requests"]:
        raise CliError("No request was answered in time. Run the benchmark again on an idle machine.")
    if (content["rejected"] and not allow_rejected) or content["failed"]:
        raise CliError(
            f"Of {content['requests']:,} requests, {content['rejected']:,} were rejected and {content['failed']:,} got "
            "no response, so the measurement is invalid. Run the benchmark again on an idle machine."
        )
    return content


def _wrk(options: Sequence[str], port: int, arguments: Sequence[str], variables: Mapping[str, str]) -> str:
    target = f"http://{LOOPBACK}:{port}"
    command = [find_wrk(), "-t1", "--timeout", TIMEOUT, "-s", str(SCRIPT), *options, target, "--", *arguments]
    environ = {**os.environ, **variables}
    finished = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)  # noqa: S603 - wrk
    if finished.returncode != 0:
        raise CliError(f"wrk failed: {(finished.stderr or finished.stdout).strip()}")
    return finished.stdout


def _options(connections: int, seconds: int, headers: Mapping[str, str]) -> list[str]:
    header_options = [text for name, value in headers.items() for text in ("-H", f"{name}: {value}")]
    return [f"-c{connections}", f"-d{seconds}", *header_options]


@contextlib.contextmanager
def _callers_variable(callers: Sequence[Mapping[str, str]]) -> Iterator[Mapping[str, str]]:
    """The environment variable that tells `load.lua` the callers."""
    if not callers:
        yield {}
        return
    with tempfile.NamedTemporaryFile("w", prefix="bench-") as file:
        file.writelines(f"{name}: {value}\n" for caller in callers for name, value in caller.items())
        file.flush()
        yield {"BENCH_CALLERS": file.name}


@contextlib.contextmanager
def _arguments(request: Request) -> Iterator[list[str]]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        files = [Path(folder) / str(number) for number in range(len(request.body))]
        for file, part in zip(files, request.body, strict=True):
            file.write_bytes(part)
        yield [request.method, request.path, *map(str, files)]
