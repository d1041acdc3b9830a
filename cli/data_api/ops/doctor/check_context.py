"""Holds what the checks of a stack look at: its configuration, Google, and the world outside.

Owns how a check that Google does not let look becomes a finding: what cannot be told is `unknown`, never well.
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
    """A stack before its deployment."""

    stack: Stack
    google: Google
    dependencies: Dependencies
    account: str  # the service account that deploys; nothing for a person


Check = Callable[[CheckContext], Iterator[CheckResult]]


def enable(services: Sequence[str], project: str) -> str:
    """The commands that turn services on, one a line: Google takes 20 services at once."""
    parts = [services[start : start + _AT_ONCE] for start in range(0, len(services), _AT_ONCE)]
    return "\n".join(f"gcloud services enable {' '.join(part)} --project={project}" for part in parts)


def set_quota_project(project: str) -> str:
    """The command that lets calls with a person's own credential count for the project."""
    return f"gcloud auth application-default set-quota-project {project}"


def run_check(name: str, check: Check, context: CheckContext) -> Iterator[CheckResult]:
    """What the check finds; what Google refuses to tell it is a finding of its own."""
    try:
        yield from check(context)
    except GoogleError as error:
        yield unknown_result(name, error, context.stack.project)


def unknown_result(name: str, error: GoogleError, project: str) -> CheckResult:
    """Why a check could not look. A call that counts for gcloud's project is not helped by enabling the service."""
    if error.consumer in PROJECTS:
        message = f"not checked: {error.service} requires a quota project, and your credential names none"
        return CheckResult(name, UNKNOWN, message, set_quota_project(project))
    if error.reason == "SERVICE_DISABLED":
        message = f"not checked: {error.service} is off, and only it knows"
        return CheckResult(name, UNKNOWN, message, enable([error.service], project))
    return CheckResult(name, UNKNOWN, f"not checked: {error.message}")
