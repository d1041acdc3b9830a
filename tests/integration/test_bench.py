"""The benchmark accepts no run with errors, and compares the results with the targets. Measuring needs wrk and time."""

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
from bench.harness.runs import FunctionResults, Run, Spread
from bench.report.results import Results
from bench.report.tables import tables
from bench.report.targets import target_results
from bench.studies.noisy_neighbor import Pair
from bench.studies.rate_limit import ALONE, THROTTLED, RateLimitStudy
from bench.studies.waiting import ARRIVING, QUIET, WaitingStudy
from data_api.shared.errors import CliError
from data_api.stack.runtime.orphan_reaper import orphan_reaper

ROOT = Path(__file__).parents[2]
A_MACHINE = Machine("2026-01-31", "a processor", 2, 8.0, "Linux 6.1", 0.1, {})  # reading the real one needs wrk
CASES = ("1", "32")
WENT_WELL = {"requests": 100, "rejected": 0, "failed": 0, "microseconds": 2e6, "p50": 1500.0, "p99": 9000.0}


def told(**changes: float) -> str:
    """What load.lua makes wrk print."""
    return "Running 2s test\n" + json.dumps({**WENT_WELL, **changes}) + "\n"


def accepted(ours: list[float], common: list[float]) -> Results:
    """Results of accepting, of which the requests a second are given round by round."""
    by = {"ours": ours, "common": common, "bare": [10_000.0] * len(ours)}
    rounds = {
        implementation: [Run(rate, 1e3 / rate, 9.0, 0.1) for rate in rates] for implementation, rates in by.items()
    }
    rpcs = {case: dict.fromkeys(by, 1.0) for case in CASES}
    memory = {"ours": [Memory(50.0, 60.0)]}
    return Results(A_MACHINE, {"accept": FunctionResults(dict.fromkeys(CASES, rounds), rpcs, memory)})


def test_a_run_that_went_well_is_read_in_milliseconds() -> None:
    assert Load(requests=100, seconds=2.0, p50=1.5, p99=9.0, rejected=0.0) == load.parse(told())
    assert 50.0 == load.parse(told()).rate


@pytest.mark.parametrize("went_wrong", [{"rejected": 1}, {"failed": 1}, {"requests": 0}])
def test_a_run_in_which_not_all_went_well_is_no_measurement(went_wrong: dict[str, float]) -> None:
    with pytest.raises(CliError, match="again on an idle machine"):
        load.parse(told(**went_wrong))


def test_only_a_caller_who_is_to_be_refused_may_be() -> None:
    assert 0.98 == load.parse(told(rejected=98), allow_rejected=True).rejected
    with pytest.raises(CliError):
        load.parse(told(failed=1), allow_rejected=True)


def test_a_level_is_judged_by_the_median_of_the_rounds_own_ratios() -> None:
    results = accepted(ours=[13_000.0, 2_400.0, 100.0], common=[1_000.0, 200.0, 100.0])
    result = {
        each.target.name: each
        for each in target_results(results)
        if "throughput, ratio to the common" in each.target.name
    }
    [target] = result.values()
    assert (1.0, 12.0, 13.0) == (target.value.minimum, target.value.median, target.value.maximum)
    assert target.is_met
    [target] = [each for each in target_results(accepted([1_199.0], [100.0])) if each.target.name in result]
    assert not target.is_met


def test_the_others_are_judged_against_themselves_alone() -> None:
    alone, beside = (load.parse(told(p99=p99)) for p99 in (5_000, 6_500))
    rate_limit = RateLimitStudy({ALONE: [alone], THROTTLED: [beside]}, {THROTTLED: [alone]})
    [target] = target_results(Results(A_MACHINE, {}, rate_limit=rate_limit))
    assert (1.3, False) == (target.value.median, target.is_met)


def test_readers_beside_waiting_clients_are_compared_with_themselves_alone_in_the_same_round() -> None:
    loads = [load.parse(told(p99=p99)) for p99 in (2_000, 4_000, 6_000, 6_000)]
    readers = {ALONE: loads[:2], QUIET: loads[2:], ARRIVING: loads[2:]}
    study = WaitingStudy(readers, [30.0], [0.05], [4.0], [600.0], [100])
    assert Spread(median=2.25, minimum=1.5, maximum=3.0) == study.p99_ratio(QUIET)
    *_, of_clients, of_readers = tables(Results(A_MACHINE, {}, waiting=study), [])
    assert ["memory for each client, KiB", "30.0"] == of_clients.rows[0]
    assert [[ALONE, ""], [QUIET, "2.25 (1.50-3.00)"]] == [[row[0], row[-1]] for row in of_readers.rows[:2]]


def test_another_user_is_judged_against_the_same_user_alone_round_by_round() -> None:
    alone, beside = (load.parse(told(p99=p99)) for p99 in (5_000, 11_000))
    pairs = [Pair(alone, beside, alone), Pair(beside, beside, alone), Pair(alone, beside, beside)]
    [target] = target_results(Results(A_MACHINE, {}, noisy_neighbor={"objects": pairs}))
    assert (2.2, 1.0, False) == (target.value.median, target.value.minimum, target.is_met)


def test_every_level_is_in_the_first_table() -> None:
    results = accepted([10.0], [1.0])
    targets = target_results(results)
    assert [each.target.name for each in targets] == [row[0] for row in tables(results, targets)[0].rows]


def test_a_port_that_is_given_out_again_ends_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(implementations, "free_ports", lambda _: [8123])
    with orphan_reaper(tmp_path) as held:
        starter = Starter(held, tmp_path)
        first, second = (implementations.process_spec(starter, implementations.OURS, "generate", {}) for _ in range(2))
    assert (8123, 8123) == (first.port, second.port)


def test_without_wrk_it_says_in_a_sentence_where_to_get_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench", "--quick"]
    environ = {**os.environ, "PATH": str(tmp_path)}
    finished = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert 1 == finished.returncode
    assert f"Error: {load.GET_WRK}\n" == finished.stderr
    assert not finished.stdout
