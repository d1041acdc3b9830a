"""The case `cold_start`: the time from the start of a process to its first correct response, and its imports.

A request is repeated until the response has the status of the contract, so the time includes creating the client of
Google's service. FunctionResults with bytecode, as in the cloud's image, and without. The emulators are already warm.
"""

import contextlib
import http.client
import re
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from bench.harness import emulators, implementations
from bench.harness.implementations import BARE, FUNCTIONS, IMPLEMENTATIONS, OURS
from bench.harness.load import Request
from bench.harness.processes import Running, Starter
from bench.harness.progress import BeginStep
from bench.harness.runs import Spread, spread
from bench.harness.scale import Scale
from bench.workload import documents, messages
from bench.workload.answers import ask
from data_api.shared.errors import CliError

TIMEOUT = 60.0  # seconds
POLL_INTERVAL = 0.001  # seconds
SLOWEST_IMPORTS = 10  # modules
STORED = 50  # records, so that `present` returns a full page
WITH_BYTECODE, WITHOUT_BYTECODE = "with bytecode", "without bytecode"
_IMPORT = re.compile(r"^import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)$", re.MULTILINE)
_EXPECTED_STATUS = {"generate": 202, "persist": 204, "present": 200}
_BARE_STATUS = 202

Seconds = Mapping[str, Mapping[str, Mapping[str, Sequence[float]]]]  # by bytecode, function and implementation


@dataclass(frozen=True)
class Import:
    """A module, and the milliseconds of its own code, without the modules that it imports."""

    module: str
    milliseconds: float


@dataclass(frozen=True)
class ColdStart:
    """The seconds of each start in the order of the rounds, and by function the slowest imports and the sum of all."""

    seconds: Seconds
    imports: Mapping[str, Sequence[Import]]
    import_milliseconds: Mapping[str, float]

    def spread(self, bytecode: str, function: str, implementation: str) -> Spread:
        """Of the rounds, in seconds."""
        return spread(self.seconds[bytecode][function][implementation])

    def ratio(self, function: str, implementation: str, reference: str) -> Spread:
        """An implementation's seconds with bytecode divided by the reference's, round by round."""
        seconds = self.seconds[WITH_BYTECODE][function]
        return spread([one / two for one, two in zip(seconds[implementation], seconds[reference], strict=True)])


def steps(scale: Scale) -> int:
    """The number of steps of `measure`."""
    starts = scale.warm_up_starts + scale.starts + scale.starts_without_bytecode
    return len(FUNCTIONS) * (len(IMPLEMENTATIONS) * starts + 1)


def measure(starter: Starter, scale: Scale, begin_step: BeginStep) -> ColdStart:
    """Starts every implementation of every function several times."""
    seconds: dict[str, dict[str, dict[str, list[float]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    with _services(starter) as hosts:
        kinds = [WITH_BYTECODE] * (scale.warm_up_starts + scale.starts)
        kinds += [WITHOUT_BYTECODE] * scale.starts_without_bytecode
        for number, bytecode in enumerate(kinds):
            for function, implementation in product(
                FUNCTIONS, IMPLEMENTATIONS if number % 2 == 0 else IMPLEMENTATIONS[::-1]
            ):
                begin_step(f"{function} {implementation}, {bytecode}, start {number + 1} of {len(kinds)}")
                duration = _start(starter, implementation, function, hosts, bytecode)
                if number >= scale.warm_up_starts:
                    seconds[bytecode][function][implementation].append(duration)
        imports = {}
        for function in FUNCTIONS:
            begin_step(f"{function} {OURS}, imports")
            profiles = [_imports(starter, function, hosts) for _ in range(scale.profiles)]
            imports[function] = min(profiles, key=_total)  # the profile with the least noise
    return ColdStart(
        seconds,
        {function: slowest(modules) for function, modules in imports.items()},
        {function: _total(modules) for function, modules in imports.items()},
    )


def read_imports(output: str) -> list[Import]:
    """Parses the output of Python with PYTHONPROFILEIMPORTTIME."""
    return [Import(module, int(micros) / 1e3) for micros, module in _IMPORT.findall(output)]


def slowest(imports: Sequence[Import]) -> list[Import]:
    """The slowest imports, the slowest first."""
    return sorted(imports, key=lambda module: -module.milliseconds)[:SLOWEST_IMPORTS]


def _total(imports: Sequence[Import]) -> float:
    return sum(module.milliseconds for module in imports)


@contextlib.contextmanager
def _services(starter: Starter) -> Iterator[dict[str, str]]:
    with emulators.firestore(starter) as firestore, emulators.pubsub(starter) as pubsub:
        with documents.connected(firestore.host) as connected:
            connected.fill(STORED)
        yield {"FIRESTORE_EMULATOR_HOST": firestore.host, "PUBSUB_EMULATOR_HOST": pubsub.host}


def _start(starter: Starter, implementation: str, function: str, hosts: Mapping[str, str], bytecode: str) -> float:
    """Seconds to the first correct response."""
    expected = _BARE_STATUS if implementation == BARE else _EXPECTED_STATUS[function]
    with tempfile.TemporaryDirectory(dir=starter.scratch) as empty:
        extra_environ = {} if bytecode == WITH_BYTECODE else {"PYTHONPYCACHEPREFIX": empty}
        request = _request(function)
        start = time.perf_counter()
        with implementations.started(starter, implementation, function, hosts, extra_environ) as running:
            _wait_for_status(running, lambda: ask(running.port, request).status, expected)
            return time.perf_counter() - start


def _imports(starter: Starter, function: str, hosts: Mapping[str, str]) -> list[Import]:
    """Imports until the first response, of master and worker together: what the master imports, the worker shares."""
    profiling = {"PYTHONPROFILEIMPORTTIME": "1"}
    with implementations.started(starter, OURS, function, hosts, profiling) as running:
        request = _request(function)
        _wait_for_status(running, lambda: ask(running.port, request).status, _EXPECTED_STATUS[function])
    return read_imports(Path(running.log).read_text(errors="replace"))


def _wait_for_status(running: Running, request: Callable[[], int], expected: int) -> None:
    end = time.perf_counter() + TIMEOUT
    status = 0
    while time.perf_counter() < end:
        with contextlib.suppress(OSError, http.client.HTTPException):
            status = request()
            if status == expected:
                return
        time.sleep(POLL_INTERVAL)
    output = running.log.read_text(errors="replace")[-2_000:]
    raise CliError(
        f"{running.name} did not answer {expected} in {TIMEOUT:.0f} s (last status: {status}). "
        f"End of its log:\n{output}"
    )


def _request(function: str) -> Request:
    if function == "persist":
        return messages.complete(messages.push())
    return messages.post() if function == "generate" else messages.get()
