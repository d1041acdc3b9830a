"""The result of one check of `data-api doctor`: its state, a message, and the commands that fix a problem."""

from dataclasses import dataclass

OK, PROBLEM, UNKNOWN = "ok", "problem", "unknown"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One result of the report. `fix` has one command per line; a comment line begins with #."""

    name: str
    state: str  # OK, PROBLEM, or UNKNOWN if it could not be checked
    message: str
    fix: str = ""
