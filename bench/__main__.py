"""The command `python -m bench`, which `make bench` calls.

Owns the options and the order of the sections. Stops every process at the end, also after Ctrl-C.
"""

import signal
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click
from rich.console import Console

from bench.cases import accept, cold_start, read, store
from bench.harness import progress, side_by_side
from bench.harness.load import find_wrk
from bench.harness.machine import this_machine
from bench.harness.processes import BASELINES, Starter
from bench.harness.scale import FULL, QUICK, Scale
from bench.report import report
from bench.report.results import Results
from bench.studies import growth, noisy_neighbor, preloaded, rate_limit, visible, waiting
from data_api.shared.errors import CliError
from data_api.stack.runtime.orphan_reaper import orphan_reaper

PIPE_WIDTH = 120  # characters, if the output is not a terminal
RESULTS_FOLDER = Path(__file__).parent / "results"
_FUNCTIONS = {"accept": accept.subject, "store": store.subject, "read": read.subject}
_MODULES: Mapping[str, Any] = {
    "cold_start": cold_start,
    "preloaded": preloaded,
    "visible": visible,
    "rate_limit": rate_limit,
    "waiting": waiting,
    "noisy_neighbor": noisy_neighbor,
    "growth": growth,
}  # each module has steps() and measure()
CASES = (*_FUNCTIONS, "cold_start")
STUDIES = tuple(name for name in _MODULES if name not in CASES)


@click.command()
@click.argument("names", nargs=-1, type=click.Choice((*CASES, *STUDIES)), metavar="[NAME]...")
@click.option("--quick", is_flag=True, help="Measure less, to test the benchmark. The figures are not reliable.")
@click.option("--all", "is_all", is_flag=True, help="Measure all cases and studies, and write bench/results.")
@click.option(
    "--against",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Compare with the functions in this folder, such as another version of them, instead of bench/baselines.",
)
@click.option(
    "--out",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Write results.md, results.json and results.svg into this folder.",
)
def main(*, names: tuple[str, ...], quick: bool, is_all: bool, against: Path | None, out: Path | None) -> None:
    """Compare the functions with common implementations of the same, and with the limits of the platform.

    \b
    Cases, measured without a NAME:
      accept      POST of one record
      store       pushes of one message each
      read        GET of a page, the page after it, an unchanged page
      cold_start  from the start of the process to the first response
    Studies, measured only if named:
      preloaded       how fast a topic full of messages is stored
      visible         the time from a POST until GET shows the record
      rate_limit      how one caller above the rate limit affects other callers
      waiting         what 1,000 clients that wait for changes cost an instance
      noisy_neighbor  how one user who sends the most costly bodies affects another
      growth          larger records, larger batches, more stored records

    Starts all processes and stops them at the end. Run it on an idle machine.
    """  # noqa: D301 - click's mark for lines that are not wrapped
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _exit)
    console = Console(width=None if sys.stdout.isatty() else PIPE_WIDTH)
    selected = (*CASES, *STUDIES) if is_all else names or CASES
    try:
        find_wrk()
        results = _measure(QUICK if quick else FULL, selected, console, against)
    except CliError as error:
        raise click.ClickException(str(error)) from error
    report.show(results, console)
    folder = out or (RESULTS_FOLDER if is_all and not quick and not against else None)
    if folder:
        report.write(results, folder)
        console.print(f"Wrote results.md, results.json and results.svg to {folder}.", soft_wrap=True)


def _measure(scale: Scale, names: tuple[str, ...], console: Console, against: Path | None) -> Results:
    with (
        tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder,
        orphan_reaper(Path(folder)) as reaper,
    ):
        starter = Starter(reaper, Path(folder), against or BASELINES)
        results = Results(this_machine(), {})
        for name in names:
            section = _function(name) if name in _FUNCTIONS else _module(name)
            with progress.section(console, name.replace("_", " "), section.steps(scale)) as begin_step:
                results = section.measure(results, starter, scale, begin_step)
        return results


@dataclass(frozen=True)
class _Section:
    steps: Callable[[Scale], int]
    measure: Callable[[Results, Starter, Scale, progress.BeginStep], Results]


def _function(name: str) -> _Section:
    subject = _FUNCTIONS[name]

    def measure(results: Results, starter: Starter, scale: Scale, begin_step: progress.BeginStep) -> Results:
        function_results = side_by_side.measure(starter, scale, subject(scale), begin_step)
        return replace(results, functions={**results.functions, name: function_results})

    return _Section(lambda scale: side_by_side.steps(subject(scale), scale), measure)


def _module(name: str) -> _Section:
    module = _MODULES[name]

    def measure(results: Results, starter: Starter, scale: Scale, begin_step: progress.BeginStep) -> Results:
        return replace(results, **{name: module.measure(starter, scale, begin_step)})

    return _Section(module.steps, measure)


def _exit(number: int, _frame: FrameType | None) -> NoReturn:
    """Raises SystemExit, so that every open `with` block stops its processes."""
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
