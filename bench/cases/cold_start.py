"""Measures how long a function takes from the start of its process to its first right answer, and what it imports.

Owns what first and right mean: a request is sent again and again until it is answered as the contract has it, so that
the client of Google's service is made, too. With bytecode, as the cloud's image has it, and without. The emulators
run and are warm.
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
from bench.harness.implementations import BARE, CONTENDERS, FUNCTIONS, OURS
from bench.harness.load import Request
from bench.harness.processes import Running, Starter
from bench.harness.progress import Tell
from bench.harness.runs import Spread, spread
from bench.harness.scale import Scale
from bench.workload import documents, messages
from bench.workload.answers import ask
from data_api.shared.errors import CliError

TIMEOUT = 60.0  # seconds
POLL = 0.001  # seconds
COSTLIEST = 10
READ_ANSWER = 50  # records stored, so that reading has something to show
WITH, WITHOUT = "with bytecode", "without bytecode"
_IMPORT = re.compile(r"^import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)$", re.MULTILINE)
_RIGHT = {"generate": 202, "persist": 204, "present": 200}
_BARE_RIGHT = 202

Seconds = Mapping[str, Mapping[str, Mapping[str, Sequence[float]]]]  # by WITH or WITHOUT, function and contender


@dataclass(frozen=True)
class Import:
    """A module, and the milliseconds that its own code took, without what it imports itself."""

    module: str
    milliseconds: float


@dataclass(frozen=True)
class ColdStart:
    """Starts in seconds, in the order of the rounds; the costliest imports and the sum of all, by function."""

    seconds: Seconds
    imports: Mapping[str, Sequence[Import]]
    importing: Mapping[str, float]  # milliseconds

    def spread(self, bytecode: str, function: str, who: str) -> Spread:
        """Over the rounds, in seconds."""
        return spread(self.seconds[bytecode][function][who])

    def ratio(self, function: str, who: str, other: str) -> Spread:
        """Of two contenders with bytecode, over the rounds."""
        by = self.seconds[WITH][function]
        return spread([one / two for one, two in zip(by[who], by[other], strict=True)])


def steps(scale: Scale) -> int:
    """How often `measured` tells what it does."""
    return len(FUNCTIONS) * (len(CONTENDERS) * (scale.rehearsals + scale.starts + scale.starts_without) + 1)


def measured(starter: Starter, scale: Scale, tell: Tell) -> ColdStart:
    """All of it."""
    seconds: dict[str, dict[str, dict[str, list[float]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    with _services(starter) as hosts:
        kinds = [WITH] * (scale.rehearsals + scale.starts) + [WITHOUT] * scale.starts_without
        for number, bytecode in enumerate(kinds):
            for function, who in product(FUNCTIONS, CONTENDERS if number % 2 == 0 else CONTENDERS[::-1]):
                tell(f"{function} {who}, {bytecode}, start {number + 1} of {len(kinds)}")
                took = _start(starter, who, function, hosts, bytecode)
                if number >= scale.rehearsals:
                    seconds[bytecode][function][who].append(took)
        imports = {}
        for function in FUNCTIONS:
            tell(f"{function} {OURS}, imports")
            profiles = [_imports(starter, function, hosts) for _ in range(scale.profiles)]
            imports[function] = min(profiles, key=_sum)  # the one that was disturbed least
    return ColdStart(
        seconds,
        {function: costliest(modules) for function, modules in imports.items()},
        {function: _sum(modules) for function, modules in imports.items()},
    )


def read_imports(output: str) -> list[Import]:
    """What Python writes with PYTHONPROFILEIMPORTTIME."""
    return [Import(module, int(micros) / 1e3) for micros, module in _IMPORT.findall(output)]


def costliest(imports: Sequence[Import]) -> list[Import]:
    """Those that took longest, the longest first."""
    return sorted(imports, key=lambda module: -module.milliseconds)[:COSTLIEST]


def _sum(imports: Sequence[Import]) -> float:
    return sum(module.milliseconds for module in imports)


@contextlib.contextmanager
def _services(starter: Starter) -> Iterator[dict[str, str]]:
    with emulators.firestore(starter) as firestore, emulators.pubsub(starter) as pubsub:
        with documents.connected(firestore.host) as connected:
            connected.fill(READ_ANSWER)
        yield {"FIRESTORE_EMULATOR_HOST": firestore.host, "PUBSUB_EMULATOR_HOST": pubsub.host}


def _start(starter: Starter, who: str, function: str, hosts: Mapping[str, str], bytecode: str) -> float:
    """Seconds."""
    right = _BARE_RIGHT if who == BARE else _RIGHT[function]
    with tempfile.TemporaryDirectory(dir=starter.scratch) as empty:
        more = {} if bytecode == WITH else {"PYTHONPYCACHEPREFIX": empty}
        request = _request(function)
        began = time.perf_counter()
        with implementations.implementation(starter, who, function, hosts, more) as running:
            _until(running, lambda: ask(running.port, request).status, right)
            return time.perf_counter() - began


def _imports(starter: Starter, function: str, hosts: Mapping[str, str]) -> list[Import]:
    """Until the first answer, and in the master and the worker together: what is imported before the fork is shared."""
    profiling = {"PYTHONPROFILEIMPORTTIME": "1"}
    with implementations.implementation(starter, OURS, function, hosts, profiling) as running:
        request = _request(function)
        _until(running, lambda: ask(running.port, request).status, _RIGHT[function])
    return read_imports(Path(running.log).read_text(errors="replace"))


def _until(running: Running, request: Callable[[], int], right: int) -> None:
    end = time.perf_counter() + TIMEOUT
    status = 0
    while time.perf_counter() < end:
        with contextlib.suppress(OSError, http.client.HTTPException):
            status = request()
            if status == right:
                return
        time.sleep(POLL)
    output = running.log.read_text(errors="replace")[-2_000:]
    raise CliError(
        f"The {running.name} does not answer {right} (the last was {status}). The last that it wrote:\n{output}"
    )


def _request(function: str) -> Request:
    if function == "persist":
        return messages.alone(messages.push())
    return messages.post() if function == "generate" else messages.get()
