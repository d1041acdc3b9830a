"""Starts the implementations that are measured, as the cloud does: functions-framework, set up by variables.

There are three implementations of each function: ours as it ships, the same as usually written (`baselines/`, or
another version of the functions), and the Functions Framework answering without work (`limits/bare.py`). All get the
environment that `data_api.stack.runtime.function_processes` gives ours.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from bench.harness.processes import Running, Starter, wait_for
from data_api.shared.ports import free_ports
from data_api.stack.composition import PROJECT
from data_api.stack.runtime.function_processes import function_part
from data_api.stack.runtime.process_spec import ProcessSpec

ROOT = Path(__file__).resolve().parents[2]
OURS = "ours"
USUAL = "usual"
BARE = "bare"
IN_WORDS = {OURS: "ours", USUAL: "as usually written", BARE: "the bare function"}
CONTENDERS = (OURS, USUAL, BARE)
FUNCTIONS = ("generate", "persist", "present")


@contextlib.contextmanager
def implementation(
    starter: Starter, who: str, function: str, hosts: Mapping[str, str], more: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """One function of one contender, started but perhaps not answering yet.

    `hosts` are the emulators' by variable, `more` is what its environment holds besides.
    """
    chosen = part(starter, who, function, hosts)
    environ = {**chosen.environ, **(more or {})}
    with starter.started(f"{function} {who}", chosen.command(), chosen.port, environ) as running:
        yield running


@contextlib.contextmanager
def implementations(starter: Starter, function: str, hosts: Mapping[str, str]) -> Iterator[dict[str, Running]]:
    """All contenders of one function side by side, all answering. Those that are not asked cost nothing."""
    with contextlib.ExitStack() as stack:
        results = {who: stack.enter_context(implementation(starter, who, function, hosts)) for who in CONTENDERS}
        for running in results.values():
            wait_for(running)
        yield results


def part(starter: Starter, who: str, function: str, hosts: Mapping[str, str]) -> ProcessSpec:
    """What is started for a contender, on a free port."""
    [port] = free_ports(1)
    scratch = Path(tempfile.mkdtemp(prefix=f"{who}-", dir=starter.scratch))  # a port is given out again
    services = {"GOOGLE_CLOUD_PROJECT": PROJECT, **hosts}
    environ = {name: value for name, value in os.environ.items() if not name.startswith("DATA_API_")}
    folder = starter.baselines if who == USUAL else ROOT / "functions"
    chosen = function_part(function, folder, port, services=services, scratch=scratch, environ=environ)
    if who != BARE:
        return chosen
    source = str(ROOT / "bench" / "limits" / "bare.py")
    return replace(chosen, environ={**chosen.environ, "FUNCTION_TARGET": "bare", "FUNCTION_SOURCE": source})
