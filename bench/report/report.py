"""Writes what was found: to the terminal, and as bench/results/results.md, .json and .svg."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table as Shown

from bench.harness.machine import Machine
from bench.report import picture
from bench.report.levels import reached
from bench.report.results import Results, as_json
from bench.report.tables import Table, tables


def show(results: Results, console: Console) -> None:
    """The tables, in the terminal."""
    for table in tables(results, reached(results)):
        shown = Shown(title=table.title, title_justify="left", title_style="bold", box=None, pad_edge=False)
        for number, heading in enumerate(table.headings):
            shown.add_column(heading, overflow="fold", justify="right" if _is_figure(table, number) else "left")
        for row in table.rows:
            shown.add_row(*row)
        console.print(shown)
        console.print()


def write(results: Results, folder: Path) -> None:
    """The three files."""
    levels = reached(results)
    content = as_json(results, [level.as_json() for level in levels])
    (folder / "results.json").write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "results.svg").write_text(picture.drawn(results), encoding="utf-8")
    (folder / "results.md").write_text("\n".join(_markdown(results, tables(results, levels))), encoding="utf-8")


def _markdown(results: Results, tables: Sequence[Table]) -> Iterator[str]:
    yield from ("# What was measured", "", *_where(results.machine), "", "![The same in bars](results.svg)", "")
    for table in tables:
        yield from (f"## {table.title}", "")
        if table.note:
            yield from (table.note, "")
        yield f"| {' | '.join(table.headings)} |"
        yield f"|{'|'.join('--:' if _is_figure(table, number) else '---' for number in range(len(table.headings)))}|"
        yield from (f"| {' | '.join(row)} |" for row in table.rows)
        yield ""


def _where(machine: Machine) -> Iterator[str]:
    yield (
        f"By `make bench` on {machine.date}: {machine.processor}, {machine.cores} cores, {machine.memory_gib:g} GiB, "
        f"{machine.system}; load {machine.load:g} before the beginning. Emulators, functions and wrk share the cores. "
        "A figure is the median of the rounds; in brackets are the least and the most."
    )
    yield ""
    yield ", ".join(f"{name} {version}" for name, version in machine.versions.items()) + "."


def _is_figure(table: Table, column: int) -> bool:
    return all(row[column][:1] in "≥≤0123456789" for row in table.rows)
