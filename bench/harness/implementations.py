"""Starts the implementations that are compared, as the cloud does: functions-framework, configured by variables.

Each function has three implementations: ours as deployed, a common implementation (`baselines/`, or another version of
the functions), and the bare Functions Framework with a function that does nothing (`limits/bare.py`). All get the
environment that `data_api.stack.runtime.function_processes` gives to ours.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from bench.harness.processes import Running, Starter, wait_for
from data_api.shared.function_declarations import read_function_declarations
from data_api.shared.ports import free_ports
from data_api.stack.composition import PROJECT
from data_api.stack.runtime.function_processes import function_process
from data_api.stack.runtime.process_spec import ProcessSpec

ROOT = Path(__file__).resolve().parents[2]
OURS = "ours"
COMMON = "common"
BARE = "bare"
LABELS = {OURS: "ours", COMMON: "the common implementation", BARE: "the bare framework"}
IMPLEMENTATIONS = (OURS, COMMON, BARE)
FUNCTIONS = ("generate", "persist", "present")


@contextlib.contextmanager
def started(
    starter: Starter,
    implementation: str,
    function: str,
    hosts: Mapping[str, str],
    extra_environ: Mapping[str, str] | None = None,
) -> Iterator[Running]:
    """Starts one implementation of a function, which may not answer yet.

    `hosts` has the emulators' addresses by environment variable, `extra_environ` has more variables.
    """
    spec = process_spec(starter, implementation, function, hosts)
    environ = {**spec.environ, **(extra_environ or {})}
    with starter.started(f"{function} {implementation}", spec.command(), spec.port, environ) as running:
        yield running


@contextlib.contextmanager
def all_started(starter: Starter, function: str, hosts: Mapping[str, str]) -> Iterator[dict[str, Running]]:
    """All implementations of a function; all answer. Those that get no requests take no CPU time."""
    with contextlib.ExitStack() as stack:
        processes = {
            implementation: stack.enter_context(started(starter, implementation, function, hosts))
            for implementation in IMPLEMENTATIONS
        }
        for running in processes.values():
            wait_for(running)
        yield processes


def process_spec(starter: Starter, implementation: str, function: str, hosts: Mapping[str, str]) -> ProcessSpec:
    """How to start an implementation on a free port."""
    [port] = free_ports(1)
    # A new folder each time, because the system can return the same port again.
    scratch = Path(tempfile.mkdtemp(prefix=f"{implementation}-", dir=starter.scratch))
    services = {"GOOGLE_CLOUD_PROJECT": PROJECT, **hosts}
    environ = {name: value for name, value in os.environ.items() if not name.startswith("DATA_API_")}
    folder = starter.baselines if implementation == COMMON else ROOT / "functions"
    (declaration,) = [declared for declared in read_function_declarations() if declared.name == function]
    spec = function_process(declaration, folder, port, services=services, scratch=scratch, environ=environ)
    if implementation != BARE:
        return spec
    source = str(ROOT / "bench" / "limits" / "bare.py")
    return replace(spec, environ={**spec.environ, "FUNCTION_TARGET": "bare", "FUNCTION_SOURCE": source})
