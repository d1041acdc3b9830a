"""Prints the results of checks: line by line while the checks run, or as one JSON object."""

import json
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.text import Text

from data_api.shared.check_result import OK, PROBLEM, UNKNOWN, CheckResult
from data_api.shared.errors import CliError

_MARKS = {OK: ("✓", "green"), PROBLEM: ("✗", "bold red"), UNKNOWN: ("?", "yellow")}
_IS_OK = {OK: True, PROBLEM: False, UNKNOWN: None}


def show(results: Iterable[CheckResult], console: Console) -> bool:
    """Prints the results, and returns whether there is no problem. In a pipe it prints words instead of symbols."""
    problems = unknown = 0
    for result in results:
        _print_result(result, console)
        problems += result.state == PROBLEM
        unknown += result.state == UNKNOWN
    _print_summary(problems, unknown, console)
    return not problems


def only(results: Iterable[CheckResult], name: str) -> Iterator[CheckResult]:
    """The results of one check; raises CliError if it has no result, or one that is unknown."""
    has_run = False
    is_known = True
    for result in results:
        if result.name == name:
            has_run = True
            is_known = is_known and result.state != UNKNOWN
            yield result
    if not (has_run and is_known):
        raise CliError(f"The check {name} has not run to its end: see all of them without --only.")


def as_json(results: Iterable[CheckResult]) -> tuple[str, bool]:
    """The JSON text, and whether there is no problem. `ok` is null for a check that could not run."""
    checks = [
        {"name": result.name, "ok": _IS_OK[result.state], "message": result.message, "fix": result.fix}
        for result in results
    ]
    is_ok = all(check["ok"] is not False for check in checks)
    return json.dumps({"ok": is_ok, "checks": checks}, indent=2), is_ok


def _print_result(result: CheckResult, console: Console) -> None:
    mark, style = _MARKS[result.state]
    state = mark if console.is_terminal else f"{result.state:<8}"
    console.print(Text.assemble((state, style), f" {result.name}: ", result.message), soft_wrap=True)
    for line in result.fix.splitlines():
        console.print(Text(f"    {line}", "dim" if line.startswith("#") else ""), soft_wrap=True)


def _print_summary(problems: int, unknown: int, console: Console) -> None:
    summary = f"{problems} {'problem' if problems == 1 else 'problems'} to fix." if problems else "No problems."
    not_checked = f" {unknown} could not be checked." if unknown else ""
    console.print(Text(f"\n{summary}{not_checked}", "bold red" if problems else "green"))
