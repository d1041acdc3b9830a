"""Shows what the checks have found: line by line as they find it, or as one JSON object.

Owns the marks and the last line. Leaves what is found to `preflight`, and the drill's report to `drill`.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict

from rich.console import Console
from rich.text import Text

from data_api.ops.doctor.finding import UNKNOWN, WELL, WRONG, Finding

_MARKS = {WELL: ("✓", "green"), WRONG: ("✗", "bold red"), UNKNOWN: ("?", "yellow")}


def show(findings: Iterable[Finding], console: Console) -> bool:
    """Whether nothing is wrong. In a pipe the states are words, and there are no colours."""
    wrong = unknown = 0
    for finding in findings:
        _line(finding, console)
        wrong += finding.state == WRONG
        unknown += finding.state == UNKNOWN
    _last(wrong, unknown, console)
    return not wrong


def as_json(findings: Iterable[Finding]) -> tuple[str, bool]:
    """The text, and whether nothing is wrong."""
    found = list(findings)
    is_well = all(finding.state != WRONG for finding in found)
    return json.dumps({"well": is_well, "findings": [asdict(finding) for finding in found]}, indent=2), is_well


def _line(finding: Finding, console: Console) -> None:
    mark, style = _MARKS[finding.state]
    shown = mark if console.is_terminal else f"{finding.state:<8}"
    console.print(Text.assemble((shown, style), f" {finding.name}: ", finding.says), soft_wrap=True)
    for line in finding.mend.splitlines():
        console.print(Text(f"    {line}", "dim" if line.startswith("#") else ""), soft_wrap=True)


def _last(wrong: int, unknown: int, console: Console) -> None:
    said = f"{wrong} to mend." if wrong else "Nothing is wrong."
    besides = f" {unknown} could not be checked." if unknown else ""
    console.print(Text(f"\n{said}{besides}", "bold red" if wrong else "green"))
