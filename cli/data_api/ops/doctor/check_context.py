"""The input of the checks of a stack, and the running of a check.

A check that Google rejects gets the result `unknown`, never `ok`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from data_api.ops.dependencies import Dependencies
from data_api.ops.errors import GoogleError
from data_api.ops.google_api import Google
from data_api.ops.pulumi_stack import Stack
from data_api.shared.check_result import UNKNOWN, CheckResult


@dataclass(frozen=True, slots=True)
class CheckContext:
    """A stack, and the access to Google and to this machine."""

    stack: Stack
    google: Google
    dependencies: Dependencies
    account: str  # the service account that deploys; empty for a person


Check = Callable[[CheckContext], Iterator[CheckResult]]


def enable(services: list[str], project: str) -> str:
    """The command that enables services."""
    return f"gcloud services enable {' '.join(services)} --project={project}"


def run_check(name: str, check: Check, context: CheckContext) -> Iterator[CheckResult]:
    """The results of a check; if Google rejects a call, a result `unknown`."""
    try:
        yield from check(context)
    except GoogleError as error:
        yield unknown_result(name, error, context.stack.project)


def unknown_result(name: str, error: GoogleError, project: str) -> CheckResult:
    """The result of a check that could not run, with the reason."""
    if error.reason == "SERVICE_DISABLED":
        message = f"not checked, because {error.service} is disabled"
        return CheckResult(name, UNKNOWN, message, enable([error.service], project))
    return CheckResult(name, UNKNOWN, f"not checked: {error.message}")
