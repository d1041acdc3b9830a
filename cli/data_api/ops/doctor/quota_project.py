"""Checks which project the deployment's calls count for, if a person deploys with their own credential.

Most services then take the project of gcloud itself. Those of API keys and of budgets do not: they want a project of
the caller's. google-auth, and so data-api, takes it from the credential; the Google provider of Pulumi ignores that and
has two settings for it (https://github.com/hashicorp/terraform-provider-google/issues/24500).
"""

from collections.abc import Iterator

from data_api.ops.credentials import Authorization
from data_api.ops.doctor.check_context import set_quota_project
from data_api.ops.pulumi_stack import Stack
from data_api.shared.check_result import OK, PROBLEM, UNKNOWN, CheckResult


def quota_project(stack: Stack, authorization: Authorization) -> Iterator[CheckResult]:
    """Only of a person's credential, and of a stack that uses such a service.

    Unknown if the stack has a key in Cloud KMS: then it may be that only a pipeline deploys it, as another account.
    """
    services = services_that_need_one(stack)
    if not (services and stack.project and authorization.is_of_gcloud):
        return
    if stack.billing_project:
        yield CheckResult("quota project", OK, stack.billing_project)
        return
    fixes = (
        ["# Not for a stack that a pipeline deploys, whose previewer may not use the quota:"] if stack.secrets else []
    )
    fixes += [f"pulumi config set {key} {value} --stack {stack.name}" for key, value in settings(stack.project)]
    if not authorization.quota_project:
        fixes.append(set_quota_project(stack.project))
    message = f"{' and '.join(services)} requires one, and your own credential gives Pulumi none"
    yield CheckResult("quota project", UNKNOWN if stack.secrets else PROBLEM, message, "\n".join(fixes))


def services_that_need_one(stack: Stack) -> list[str]:
    """The services of the stack that do not accept gcloud's own project."""
    return [
        f"{service}.googleapis.com"
        for service, is_used in (("apikeys", "apikeys" in stack.services), ("billingbudgets", stack.has_budget))
        if is_used
    ]


def settings(project: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """What lets the calls of Pulumi's Google provider count for the project."""
    return ("gcp:userProjectOverride", "true"), ("gcp:billingProject", project)
