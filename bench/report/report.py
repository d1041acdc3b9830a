"""Writes the results to the terminal, and to bench/results/results.md, .json and .svg."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table as RichTable

from bench.harness.machine import Machine
from bench.report import picture
from bench.report.results import Results, as_json
from bench.report.table import Table
from bench.report.tables import tables
from bench.report.targets import target_results


def show(results: Results, console: Console) -> None:
    """Prints the tables."""
    for table in tables(results, target_results(results)):
        rich_table = RichTable(title=table.title, title_justify="left", title_style="bold", box=None, pad_edge=False)
        for number, heading in enumerate(table.headings):
            rich_table.add_column(heading, overflow="fold", justify="right" if _is_numeric(table, number) else "left")
        for row in table.rows:
            rich_table.add_row(*row)
        console.print(rich_table)
        console.print()


def write(results: Results, folder: Path) -> None:
    """Writes the three files."""
    targets = target_results(results)
    content = as_json(results, [result.as_json() for result in targets])
    (folder / "results.json").write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "results.svg").write_text(picture.svg(results), encoding="utf-8")
    (folder / "results.md").write_text("\n".join(_markdown(results, tables(results, targets))), encoding="utf-8")


def _markdown(results: Results, tables: Sequence[Table]) -> Iterator[str]:
    yield from ("# Results of the benchmark", "", *_conditions(results.machine), "")
    yield from ("![Bar charts of the main results](results.svg)", "")
    for table in tables:
        yield from (f"## {table.title}", "")
        if table.note:
            yield from (table.note, "")
        yield f"| {' | '.join(table.headings)} |"
        yield f"|{'|'.join('--:' if _is_numeric(table, number) else '---' for number in range(len(table.headings)))}|"
        yield from (f"| {' | '.join(row)} |" for row in table.rows)
        yield ""


def _conditions(machine: Machine) -> Iterator[str]:
    yield (
        f"Measured by `make bench` on {machine.date}: {machine.processor}, {machine.cores} cores, "
        f"{machine.memory_gib:g} GiB, {machine.system}; load average {machine.load:g} before the start. Emulators, "
        "functions and wrk share the cores. Each value is the median of the rounds, in brackets with minimum and "
        "maximum."
    )
    yield ""
    yield ", ".join(f"{name} {version}" for name, version in machine.versions.items()) + "."


def _is_numeric(table: Table, column: int) -> bool:
    return all(row[column][:1] in "≥≤0123456789" for row in table.rows)
