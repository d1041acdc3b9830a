"""All results of a benchmark, and their JSON form, bench/results/results.json.

In the file, `accept`, `store` and `read` have by implementation (`ours`, `common`) the cost of a request, `cpu_ms` and
`rpcs`, in the cases of `REPORTED_CASES`. `machine` describes the machine, `targets` has the result of each target.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.cases import accept, read
from bench.cases.cold_start import ColdStart
from bench.harness.implementations import COMMON, OURS
from bench.harness.machine import Machine
from bench.harness.runs import FunctionResults
from bench.studies.growth import Growth
from bench.studies.noisy_neighbor import NoisyNeighborStudy
from bench.studies.preloaded import Preloaded
from bench.studies.rate_limit import RateLimitStudy
from bench.studies.visible import Visible
from bench.studies.waiting import WaitingStudy

REPORTED_CASES = {
    "accept": accept.label(32),
    "store": accept.label(32),
    "read": read.label(read.FIRST, read.CONNECTIONS),
}


@dataclass(frozen=True)
class Results:
    """A section that was not measured is missing or None."""

    machine: Machine
    functions: Mapping[str, FunctionResults]  # by accept, store, read
    preloaded: Preloaded | None = None
    cold_start: ColdStart | None = None
    visible: Visible | None = None
    rate_limit: RateLimitStudy | None = None
    waiting: WaitingStudy | None = None
    noisy_neighbor: NoisyNeighborStudy | None = None
    growth: Growth | None = None


def as_json(results: Results, targets: list[dict[str, Any]]) -> dict[str, Any]:
    """The content of results.json."""
    return {"machine": results.machine.as_json(), **request_costs(results), "targets": targets}


def request_costs(results: Results) -> dict[str, dict[str, Any]]:
    """The cost of a request, by section and implementation."""
    return {
        section: _request_costs(measured, REPORTED_CASES[section]) for section, measured in results.functions.items()
    }


def _request_costs(measured: FunctionResults, case: str) -> dict[str, Any]:
    return {
        implementation: {
            "cpu_ms": round(measured.spread(case, implementation, lambda run: run.cpu).median, 3),
            "rpcs": round(measured.rpcs[case][implementation], 3),
            "requests_per_second": round(measured.spread(case, implementation, lambda run: run.rate).median),
        }
        for implementation in (OURS, COMMON)
    }
