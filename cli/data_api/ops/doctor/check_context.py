"""The input of the checks of a stack, and the running of a check.

A check that Google rejects gets the result `unknown`, never `ok`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from data_api.ops.dependencies import Dependencies
from data_api.ops.errors import GoogleError
from data_api.ops.google_api import Google
from data_api.ops.pulumi_stack import Stack
from data_api.shared.check_result import UNKNOWN, CheckResult
from data_api.shared.gcloud import PROJECTS

_AT_ONCE = 20  # services; https://cloud.google.com/service-usage/docs/reference/rest/v1/services/batchEnable


@dataclass(frozen=True, slots=True)
class CheckContext:
    """A stack, and the access to Google and to this machine."""

    stack: Stack
    google: Google
    dependencies: Dependencies
    account: str  # the service account that deploys; empty for a person


Check = Callable[[CheckContext], Iterator[CheckResult]]


def enable(services: Sequence[str], project: str) -> str:
    """The commands that enable services, one a line: Google accepts 20 services at once."""
    batches = [services[start : start + _AT_ONCE] for start in range(0, len(services), _AT_ONCE)]
    return "\n".join(f"gcloud services enable {' '.join(batch)} --project={project}" for batch in batches)


def set_quota_project(project: str) -> str:
    """The command that bills calls with a person's own credential to the project."""
    return f"gcloud auth application-default set-quota-project {project}"


def run_check(name: str, check: Check, context: CheckContext) -> Iterator[CheckResult]:
    """The results of a check; if Google rejects a call, a result `unknown`."""
    try:
        yield from check(context)
    except GoogleError as error:
        yield unknown_result(name, error, context.stack.project)


def unknown_result(name: str, error: GoogleError, project: str) -> CheckResult:
    """The result of a check that could not run, with the reason.

    Enabling the service does not help a call that is billed to gcloud's own project.
    """
    if error.consumer in PROJECTS:
        message = f"not checked: {error.service} requires a quota project, and your credential has none"
        return CheckResult(name, UNKNOWN, message, set_quota_project(project))
    if error.reason == "SERVICE_DISABLED":
        message = f"not checked, because {error.service} is disabled"
        return CheckResult(name, UNKNOWN, message, enable([error.service], project))
    return CheckResult(name, UNKNOWN, f"not checked: {error.message}")
