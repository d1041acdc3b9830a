"""Holds all that one benchmark found, and writes it for programs: bench/results/results.json.

Owns that file's form. `accept`, `store` and `read` have, by contender (`ours`, `usual`), what a request takes: `cpu_ms`
and `rpcs`, at the loads that `AT` names. `machine` says where and when, `levels` what was reached.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.cases import accept, read
from bench.cases.cold_start import ColdStart
from bench.harness.implementations import OURS, USUAL
from bench.harness.machine import Machine
from bench.harness.runs import Measured
from bench.studies.growth import Growth
from bench.studies.preloaded import Preloaded
from bench.studies.rate_limit import RateLimitStudy
from bench.studies.visible import Visible

AT = {"accept": accept.label(32), "store": accept.label(32), "read": read.label(read.FIRST, read.LEVEL)}


@dataclass(frozen=True)
class Results:
    """What was not measured is missing or None."""

    machine: Machine
    functions: Mapping[str, Measured]  # by accept, store, read
    preloaded: Preloaded | None = None
    cold_start: ColdStart | None = None
    visible: Visible | None = None
    rate_limit: RateLimitStudy | None = None
    growth: Growth | None = None


def as_json(results: Results, levels: list[dict[str, Any]]) -> dict[str, Any]:
    """What results.json holds."""
    return {"machine": results.machine.as_json(), **requests(results), "levels": levels}


def requests(results: Results) -> dict[str, dict[str, Any]]:
    """What a request takes, by what is measured and contender."""
    return {name: _requests(measured, AT[name]) for name, measured in results.functions.items()}


def _requests(measured: Measured, case: str) -> dict[str, Any]:
    return {
        who: {
            "cpu_ms": round(measured.spread(case, who, lambda run: run.cpu).median, 3),
            "rpcs": round(measured.rpcs[case][who], 3),
            "requests_per_second": round(measured.spread(case, who, lambda run: run.rate).median),
        }
        for who in (OURS, USUAL)
    }
