"""The result of one check of `data-api doctor`: its state, what was seen, and the commands that fix a problem."""

from dataclasses import dataclass

OK, PROBLEM, UNKNOWN = "ok", "problem", "unknown"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One line of the report. `fix` has one command a line; a line that is not a command begins with #."""

    name: str
    state: str  # OK, PROBLEM, or UNKNOWN where it could not be checked
    message: str
    fix: str = ""
