"""Checks that the project exists, has billing, and has the stack's services enabled.

It reads Resource Manager, Cloud Billing and Service Usage. `stack_checks.py` runs the other checks of the project only
if the project exists.
"""

from collections.abc import Iterator

from data_api.ops.doctor.check_context import CheckContext, enable, unknown_result
from data_api.ops.errors import GoogleError
from data_api.ops.google_api import Google
from data_api.ops.pulumi_stack import Stack
from data_api.shared.check_result import OK, PROBLEM, CheckResult
from data_api.shared.gcloud import PROJECTS

_ALWAYS = ("serviceusage",)  # it is needed to enable the others


def existence(context: CheckContext) -> Iterator[CheckResult]:
    """Checks that the project exists. Google gives the same error if it does not and if the caller may not see it."""
    project = context.stack.project
    try:
        response = context.google.get("cloudresourcemanager", f"/v3/projects/{project}")
    except GoogleError as error:
        yield _not_found(error, project)
        return
    if response.get("state") == "ACTIVE":
        yield CheckResult("project", OK, f"{project} in {context.stack.region}")
    else:
        yield CheckResult("project", PROBLEM, f"{project} is being deleted", f"gcloud projects undelete {project}")


def billing(context: CheckContext) -> Iterator[CheckResult]:
    """Checks that the project has a billing account that is open."""
    project = context.stack.project
    if context.google.get("cloudbilling", f"/v1/projects/{project}/billingInfo").get("billingEnabled"):
        yield CheckResult("billing", OK, "enabled")
    else:
        fix = f"gcloud billing projects link {project} --billing-account=YOUR_BILLING_ACCOUNT"
        yield CheckResult("billing", PROBLEM, f"{project} has no open billing account", fix)


def services(context: CheckContext) -> Iterator[CheckResult]:
    """Checks that the stack's services are enabled. A deployment enables them too, but then must wait for them."""
    project = context.stack.project
    needed = needed_services(context.stack)
    enabled = enabled_services(context.google, project)
    disabled = [service for service in needed if service not in enabled]
    if disabled:
        message = f"{len(disabled)} are disabled: {', '.join(disabled)}"
        yield CheckResult("services", PROBLEM, message, enable(disabled, project))
    else:
        yield CheckResult("services", OK, f"all {len(needed)} are enabled")


def needed_services(stack: Stack) -> list[str]:
    """Of a stack, as in firestore.googleapis.com."""
    return [f"{service}.googleapis.com" for service in dict.fromkeys((*_ALWAYS, *stack.services))]


def enabled_services(google: Google, project: str) -> set[str]:
    """Of a project, as in firestore.googleapis.com; raises GoogleError."""
    enabled: set[str] = set()
    parameters = {"filter": "state:ENABLED", "pageSize": "200"}
    while True:
        response = google.get("serviceusage", f"/v1/projects/{project}/services", parameters)
        enabled |= {service["name"].rpartition("/")[2] for service in response.get("services", [])}
        if not response.get("nextPageToken"):
            return enabled
        parameters["pageToken"] = response["nextPageToken"]


def _not_found(error: GoogleError, project: str) -> CheckResult:
    if error.reason == "SERVICE_DISABLED" or error.consumer in PROJECTS:
        return unknown_result("project", error, project)
    if error.status in (403, 404):
        message = f"the project {project} does not exist, or you have no access to it"
        return CheckResult("project", PROBLEM, message, f"gcloud projects create {project}\ngcloud projects list")
    return unknown_result("project", error, project)
