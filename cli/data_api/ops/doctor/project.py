"""Checks the project: that it is there, has billing, and has the services on that the stack uses.

Owns the reading of Resource Manager, Cloud Billing and Service Usage. What else depends on the project is asked for
only when it is there: `stack_checks.py` sees to that.
"""

from collections.abc import Iterator

from data_api.ops.doctor.check_context import CheckContext, enable, unknown_result
from data_api.ops.errors import GoogleError
from data_api.ops.google_api import Google
from data_api.ops.pulumi_stack import Stack
from data_api.shared.check_result import OK, PROBLEM, CheckResult
from data_api.shared.gcloud import PROJECTS

_ALWAYS = ("serviceusage",)  # what turns the others on has to be on


def existence(context: CheckContext) -> Iterator[CheckResult]:
    """The project; Google says the same of one that is not there and of one that the caller may not see."""
    project = context.stack.project
    try:
        response = context.google.get("cloudresourcemanager", f"/v3/projects/{project}")
    except GoogleError as error:
        yield _not_seen(error, project)
        return
    if response.get("state") == "ACTIVE":
        yield CheckResult("project", OK, f"{project} in {context.stack.region}")
    else:
        yield CheckResult("project", PROBLEM, f"{project} is being deleted", f"gcloud projects undelete {project}")


def billing(context: CheckContext) -> Iterator[CheckResult]:
    """Whether somebody pays."""
    project = context.stack.project
    if context.google.get("cloudbilling", f"/v1/projects/{project}/billingInfo").get("billingEnabled"):
        yield CheckResult("billing", OK, "on")
    else:
        fix = f"gcloud billing projects link {project} --billing-account=YOUR_BILLING_ACCOUNT"
        yield CheckResult("billing", PROBLEM, f"{project} has no open billing account", fix)


def services(context: CheckContext) -> Iterator[CheckResult]:
    """Whether the stack's services are on. A deployment turns them on, and then has to wait until they work."""
    project = context.stack.project
    needed = needed_services(context.stack)
    enabled = enabled_services(context.google, project)
    off = [service for service in needed if service not in enabled]
    if off:
        yield CheckResult("services", PROBLEM, f"{len(off)} are off: {', '.join(off)}", enable(off, project))
    else:
        yield CheckResult("services", OK, f"all {len(needed)} are on")


def needed_services(stack: Stack) -> list[str]:
    """Of a stack, as in firestore.googleapis.com."""
    return [f"{service}.googleapis.com" for service in dict.fromkeys((*_ALWAYS, *stack.services))]


def enabled_services(google: Google, project: str) -> set[str]:
    """Of a project, as in firestore.googleapis.com; raises GoogleError."""
    enabled: set[str] = set()
    parameters = {"filter": "state:ENABLED", "pageSize": "200"}
    while True:
        answer = google.get("serviceusage", f"/v1/projects/{project}/services", parameters)
        enabled |= {service["name"].rpartition("/")[2] for service in answer.get("services", [])}
        if not answer.get("nextPageToken"):
            return enabled
        parameters["pageToken"] = answer["nextPageToken"]


def _not_seen(error: GoogleError, project: str) -> CheckResult:
    if error.reason == "SERVICE_DISABLED" or error.consumer in PROJECTS:
        return unknown_result("project", error, project)
    if error.status in (403, 404):
        message = f"there is no project {project}, or you may not see it"
        return CheckResult("project", PROBLEM, message, f"gcloud projects create {project}\ngcloud projects list")
    return unknown_result("project", error, project)
