"""Puts load on a function with wrk, and reads what came of it.

Owns the requests' form as wrk needs it, and the rule that a run with errors is no measurement.
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
LONGEST = 3_600  # seconds; what is counted ends by itself
GET_WRK = (
    "The benchmark needs wrk, which is not installed: `apt install wrk` (Debian, Ubuntu), `brew install wrk` (macOS), "
    "or build it from https://github.com/wg/wrk, then run the command again."
)


@dataclass(frozen=True)
class Request:
    """What is sent again and again. A body of two parts has an id of its own between them in each request."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Sequence[bytes] = ()


@dataclass(frozen=True)
class Load:
    """What came of a run of wrk; times in milliseconds."""

    requests: int
    seconds: float
    p50: float
    p99: float
    refused: float  # share

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def find_wrk() -> str:
    """Refuses with CliError where there is none."""
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
    may_be_refused: bool = False,
) -> Load:
    """Closed loop: each connection sends its next request when it has its answer, or about `pause` ms after that.

    `callers` are headers, of which each request has the next one's.
    """
    variables = {"BENCH_PAUSE": str(pause)} if pause else {}
    with _arguments(request) as arguments, _callers(callers) as named:
        options = _options(connections, seconds, request.headers)
        return read(_wrk(options, port, arguments, {**variables, **named}), may_be_refused=may_be_refused)


def run_so_many(request: Request, port: int, connections: int, count: int) -> None:
    """Sends so many requests and no more, and returns when all are answered."""
    with _arguments(request) as arguments:
        options = _options(connections, LONGEST, request.headers)
        _checked(_wrk(options, port, arguments, {"BENCH_REQUESTS": str(count)}))


def deliver(pushes: Path, port: int, connections: int) -> None:
    """Posts each line of a file once, and returns when all are answered."""
    options = _options(connections, LONGEST, {"content-type": "application/json"})
    _checked(_wrk(options, port, ["POST", "/", str(pushes)], {"BENCH_LINES": "1"}))


def read(output: str, *, may_be_refused: bool = False) -> Load:
    """The load of what `load.lua` made wrk print; refuses with CliError a run in which not all went well."""
    run = _checked(output, may_be_refused=may_be_refused)
    return Load(
        requests=run["requests"],
        seconds=run["microseconds"] / 1e6,
        p50=run["p50"] / 1e3,
        p99=run["p99"] / 1e3,
        refused=run["refused"] / run["requests"],
    )


def _checked(output: str, *, may_be_refused: bool = False) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(output.strip().splitlines()[-1])
    if not content["requests"]:
        raise CliError("Not one request was answered in time: run it again on a machine with less to do.")
    if (content["refused"] and not may_be_refused) or content["broken"]:
        raise CliError(
            f"Of {content['requests']:,} requests {content['refused']:,} were refused and {content['broken']:,} had no "
            "answer: this is no measurement. Run it again on a machine with less to do."
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
    named = [text for name, value in headers.items() for text in ("-H", f"{name}: {value}")]
    return [f"-c{connections}", f"-d{seconds}", *named]


@contextlib.contextmanager
def _callers(callers: Sequence[Mapping[str, str]]) -> Iterator[Mapping[str, str]]:
    """The variable by which `load.lua` finds them."""
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
