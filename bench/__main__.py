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
from bench.harness.processes import Starter
from bench.harness.scale import FULL, QUICK, Scale
from bench.report import report
from bench.report.results import Results
from bench.studies import growth, preloaded, rate_limit, visible
from data_api.shared.errors import CliError
from data_api.stack.runtime.orphan_reaper import orphan_reaper

PIPE_WIDTH = 120
FOLDER = Path(__file__).parent / "results"
_FUNCTIONS = {"accept": accept.subject, "store": store.subject, "read": read.subject}
_OTHERS: Mapping[str, Any] = {
    "preloaded": preloaded,
    "cold_start": cold_start,
    "visible": visible,
    "crowded": rate_limit,
    "growth": growth,
}  # modules, each with steps() and measured()
SECTIONS = (*_FUNCTIONS, *_OTHERS)


@click.command()
@click.option(
    "--quick", is_flag=True, help="Measure less, in two minutes: enough to see that it works, not to believe it."
)
@click.option(
    "--only",
    type=click.Choice(SECTIONS),
    multiple=True,
    help="Measure this section alone; can be repeated. Nothing is written then unless --out says where.",
)
@click.option(
    "--out",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder for results.md, results.json and results.svg; bench/ if all is measured in full.",
)
def main(*, quick: bool, only: tuple[str, ...], out: Path | None) -> None:
    """Measure the functions beside the same as usually written, and beside what the platform allows.

    Everything is started here and stopped at the end: emulators, functions, the laptop stack. The machine should have
    nothing else to do. Takes a quarter of an hour.
    """
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, _leave)
    console = Console(width=None if sys.stdout.isatty() else PIPE_WIDTH)
    try:
        find_wrk()
        results = _measured(QUICK if quick else FULL, only or SECTIONS, console)
    except CliError as error:
        raise click.ClickException(str(error)) from error
    report.show(results, console)
    folder = out or (None if only or quick else FOLDER)
    if folder:
        report.write(results, folder)
        console.print(f"Written: {folder / 'results.md'}, results.json and results.svg beside it.", soft_wrap=True)


def _measured(scale: Scale, wanted: tuple[str, ...], console: Console) -> Results:
    with (
        tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder,
        orphan_reaper(Path(folder)) as held,
    ):
        starter = Starter(held, Path(folder))
        results = Results(this_machine(), {})
        for name in wanted:
            section = _function(name) if name in _FUNCTIONS else _other(name)
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
        found = side_by_side.measured(starter, scale, subject(scale), tell)
        return replace(results, functions={**results.functions, name: found})

    return _Section(lambda scale: side_by_side.steps(subject(scale), scale), measure)


def _other(name: str) -> _Section:
    module = _OTHERS[name]

    def measure(results: Results, starter: Starter, scale: Scale, tell: progress.Tell) -> Results:
        return replace(results, **{name: module.measured(starter, scale, tell)})

    return _Section(module.steps, measure)


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    """So that open blocks are left in order, and their processes stopped."""
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
