"""Runs the benchmark: `python -m bench`, which `make bench` calls.

Owns the options, the order of the sections, and that every process is gone at the end, also after Ctrl-C.
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
from bench.studies import growth, preloaded, rate_limit, visible
from data_api.shared.errors import CliError
from data_api.stack.runtime.orphan_reaper import orphan_reaper

PIPE_WIDTH = 120
FOLDER = Path(__file__).parent / "results"
_FUNCTIONS = {"accept": accept.subject, "store": store.subject, "read": read.subject}
_MODULES: Mapping[str, Any] = {
    "cold_start": cold_start,
    "preloaded": preloaded,
    "visible": visible,
    "rate_limit": rate_limit,
    "growth": growth,
}  # modules, each with steps() and measured()
CASES = (*_FUNCTIONS, "cold_start")
STUDIES = tuple(name for name in _MODULES if name not in CASES)


@click.command()
@click.argument("names", nargs=-1, type=click.Choice((*CASES, *STUDIES)), metavar="[NAME]...")
@click.option("--quick", is_flag=True, help="Measure less: enough to see that it works, not to rely on the figures.")
@click.option("--all", "is_all", is_flag=True, help="Measure cases and studies, and write bench/results.")
@click.option(
    "--against",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Compare with the functions in this folder, such as another version's, instead of bench/baselines.",
)
@click.option(
    "--out",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Write results.md, results.json and results.svg into this folder.",
)
def main(*, names: tuple[str, ...], quick: bool, is_all: bool, against: Path | None, out: Path | None) -> None:
    """Measure the functions beside common implementations of the same, and beside the platform's limits.

    \b
    Cases, measured without a NAME:
      accept      POST of one record
      store       pushes of one message each
      read        GET of a page, the page after it, an unchanged page
      cold_start  from the start of the process to the first answer
    Studies, measured by NAME:
      preloaded   how fast a topic full of messages is stored
      visible     the time from a POST until GET shows the record
      rate_limit  what one caller above the rate limit does to the others
      growth      larger records, larger batches, more stored records

    Everything is started here and stopped at the end. The machine should have nothing else to do.
    """  # noqa: D301 - click's mark for lines that are not wrapped
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    console = Console(width=None if sys.stdout.isatty() else PIPE_WIDTH)
    wanted = (*CASES, *STUDIES) if is_all else names or CASES
    try:
        find_wrk()
        results = _measured(QUICK if quick else FULL, wanted, console, against)
    except CliError as error:
        raise click.ClickException(str(error)) from error
    report.show(results, console)
    folder = out or (FOLDER if is_all and not quick and not against else None)
    if folder:
        report.write(results, folder)
        console.print(f"Written: {folder / 'results.md'}, results.json and results.svg beside it.", soft_wrap=True)


def _measured(scale: Scale, wanted: tuple[str, ...], console: Console, against: Path | None) -> Results:
    with (
        tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder,
        orphan_reaper(Path(folder)) as reaper,
    ):
        starter = Starter(reaper, Path(folder), against or BASELINES)
        results = Results(this_machine(), {})
        for name in wanted:
            section = _function(name) if name in _FUNCTIONS else _module(name)
            with progress.section(console, name.replace("_", " "), section.steps(scale)) as tell:
                results = section.measure(results, starter, scale, tell)
        return results


@dataclass(frozen=True)
class _Section:
    steps: Callable[[Scale], int]
    measure: Callable[[Results, Starter, Scale, progress.Tell], Results]


def _function(name: str) -> _Section:
    subject = _FUNCTIONS[name]

    def measure(results: Results, starter: Starter, scale: Scale, tell: progress.Tell) -> Results:
        measured = side_by_side.measured(starter, scale, subject(scale), tell)
        return replace(results, functions={**results.functions, name: measured})

    return _Section(lambda scale: side_by_side.steps(subject(scale), scale), measure)


def _module(name: str) -> _Section:
    module = _MODULES[name]

    def measure(results: Results, starter: Starter, scale: Scale, tell: progress.Tell) -> Results:
        return replace(results, **{name: module.measured(starter, scale, tell)})

    return _Section(module.steps, measure)


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    """So that open blocks are left in order, and their processes stopped."""
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
