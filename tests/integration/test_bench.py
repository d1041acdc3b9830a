"""The benchmark rejects runs with errors, and compares the results with its levels."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.harness import implementations, load
from bench.harness.load import Load
from bench.harness.machine import Machine
from bench.harness.processes import Memory, Starter
from bench.harness.runs import Measured, Run
from bench.report.levels import reached
from bench.report.results import Results
from bench.report.tables import tables
from bench.studies.rate_limit import ALONE, THROTTLED, RateLimitStudy
from data_api.shared.errors import CliError
from data_api.stack.runtime.orphan_reaper import orphan_reaper

ROOT = Path(__file__).parents[2]
A_MACHINE = Machine("2026-01-31", "a processor", 2, 8.0, "Linux 6.1", 0.1, {})  # reading the real one needs wrk
CASES = ("1", "32")
WENT_WELL = {"requests": 100, "refused": 0, "broken": 0, "microseconds": 2e6, "p50": 1500.0, "p99": 9000.0}


def report(**changes: float) -> str:
    """The output of wrk with load.lua."""
    return "Running 2s test\n" + json.dumps({**WENT_WELL, **changes}) + "\n"


def accepted(ours: list[float], usual: list[float]) -> Results:
    """Results of the case for accepting, with the requests per second of each round."""
    by = {"ours": ours, "usual": usual, "bare": [10_000.0] * len(ours)}
    rounds = {who: [Run(rate, 1e3 / rate, 9.0, 0.1) for rate in rates] for who, rates in by.items()}
    rpcs = {case: dict.fromkeys(by, 1.0) for case in CASES}
    memory = {"ours": [Memory(50.0, 60.0)]}
    return Results(A_MACHINE, {"accept": Measured(dict.fromkeys(CASES, rounds), rpcs, memory)})


def test_a_successful_run_is_read_in_milliseconds() -> None:
    assert Load(requests=100, seconds=2.0, p50=1.5, p99=9.0, refused=0.0) == load.read(report())
    assert 50.0 == load.read(report()).rate


@pytest.mark.parametrize("went_wrong", [{"refused": 1}, {"broken": 1}, {"requests": 0}])
def test_a_run_with_errors_is_no_measurement(went_wrong: dict[str, float]) -> None:
    with pytest.raises(CliError, match="again on a machine with less to do"):
        load.read(report(**went_wrong))


def test_rejections_are_allowed_only_if_they_are_expected() -> None:
    assert 0.98 == load.read(report(refused=98), may_be_refused=True).refused
    with pytest.raises(CliError):
        load.read(report(broken=1), may_be_refused=True)


def test_a_level_is_judged_by_the_median_of_the_rounds_own_ratios() -> None:
    results = accepted(ours=[13_000.0, 2_400.0, 100.0], usual=[1_000.0, 200.0, 100.0])
    result = {
        comparison.level.name: comparison
        for comparison in reached(results)
        if "throughput against as usually" in comparison.level.name
    }
    [level] = result.values()
    assert (1.0, 12.0, 13.0) == (level.value.least, level.value.median, level.value.most)
    assert level.holds
    [level] = [comparison for comparison in reached(accepted([1_199.0], [100.0])) if comparison.level.name in result]
    assert not level.holds


def test_the_others_are_judged_against_themselves_alone() -> None:
    alone, beside = (load.read(report(p99=p99)) for p99 in (5_000, 6_500))
    rate_limit = RateLimitStudy({ALONE: [alone], THROTTLED: [beside]}, {THROTTLED: [alone]})
    [level] = reached(Results(A_MACHINE, {}, rate_limit=rate_limit))
    assert (1.3, False) == (level.value.median, level.holds)


def test_every_level_is_in_the_first_table() -> None:
    results = accepted([10.0], [1.0])
    levels = reached(results)
    assert [comparison.level.name for comparison in levels] == [row[0] for row in tables(results, levels)[0].rows]


def test_a_port_that_is_given_out_twice_does_not_fail_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(implementations, "free_ports", lambda _: [8123])
    with orphan_reaper(tmp_path) as held:
        starter = Starter(held, tmp_path)
        first, second = (implementations.part(starter, implementations.OURS, "generate", {}) for _ in range(2))
    assert (8123, 8123) == (first.port, second.port)


def test_a_missing_wrk_is_reported_with_how_to_install_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench", "--quick"]
    environ = {**os.environ, "PATH": str(tmp_path)}
    finished = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert 1 == finished.returncode
    assert f"Error: {load.GET_WRK}\n" == finished.stderr
    assert not finished.stdout
