"""Runs the checks of a stack before its deployment.

A check that others depend on runs first; if it fails, the others do not run.
"""

from collections.abc import Iterator

from data_api.ops.credentials import SIGN_IN
from data_api.ops.dependencies import Dependencies
from data_api.ops.doctor.backups import backups
from data_api.ops.doctor.check_context import Check, CheckContext, run_check
from data_api.ops.doctor.database import database
from data_api.ops.doctor.functions import functions
from data_api.ops.doctor.gcloud import version
from data_api.ops.doctor.permissions import permissions
from data_api.ops.doctor.policies import policies
from data_api.ops.doctor.project import billing, existence, services
from data_api.ops.doctor.pulumi import program, secrets, state
from data_api.ops.doctor.quota_project import quota_project
from data_api.ops.doctor.quotas import quotas
from data_api.ops.doctor.web_page import certificate, dns, web_page
from data_api.ops.google_api import connected
from data_api.ops.pulumi_stack import Stack, read_stack
from data_api.shared.check_result import OK, PROBLEM, CheckResult
from data_api.shared.errors import CliError

_PROJECT_CHECKS: tuple[tuple[str, Check], ...] = (
    ("billing", billing),
    ("services", services),
    ("permissions", permissions),
    ("org policies", policies),
    ("quotas", quotas),
    ("database", database),
    ("backups", backups),
    ("web page", web_page),
    ("certificate", certificate),
    ("DNS", dns),
    ("functions", functions),
)


def check_stack(name: str, dependencies: Dependencies) -> Iterator[CheckResult]:
    """The results of all checks, one after the other; raises CliError if the stack's configuration cannot be read."""
    stack = read_stack(dependencies.root, name)
    yield from program(dependencies)
    yield from version(stack, dependencies)
    yield from _configuration(stack)
    try:
        authorization = dependencies.authorization(stack.impersonated)
        authorization.headers()
    except CliError as error:
        yield CheckResult("credentials", PROBLEM, error.message, SIGN_IN)
        return
    yield CheckResult("credentials", OK, authorization.account or "your own account")
    yield from quota_project(stack, authorization)
    with connected(authorization, dependencies.pause, dependencies.address) as google:
        yield from _google_checks(CheckContext(stack, google, dependencies, authorization.account))


def _configuration(stack: Stack) -> Iterator[CheckResult]:
    """Checks the two settings that have no default."""
    for key, value, example in (
        ("gcp:project", stack.project, "THE_ID_OF_YOUR_PROJECT"),
        ("gcp:region", stack.region, "us-central1"),
    ):
        if not value:
            fix = f"pulumi config set {key} {example} --stack {stack.name}"
            yield CheckResult("configuration", PROBLEM, f"{key} is not set", fix)


def _google_checks(context: CheckContext) -> Iterator[CheckResult]:
    yield from run_check("state", state, context)
    yield from run_check("secrets key", secrets, context)
    if not (context.stack.project and context.stack.region):
        return
    project_results = list(run_check("project", existence, context))
    yield from project_results
    if any(result.state != OK for result in project_results):
        return
    for name, check in _PROJECT_CHECKS:
        yield from run_check(name, check, context)
