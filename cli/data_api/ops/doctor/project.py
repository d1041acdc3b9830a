"""Checks the project: that it is there, has billing, and has the services on that the stack uses.

Owns the reading of Resource Manager, Cloud Billing and Service Usage. What else depends on the project is asked for
only when it is there: `checks.py` sees to that.
"""

from collections.abc import Iterator

from data_api.ops.doctor.check_context import Surroundings, enable, not_told
from data_api.ops.doctor.finding import WELL, WRONG, Finding
from data_api.ops.errors import GoogleError

_ALWAYS = ("serviceusage",)  # what turns the others on has to be on


def existence(around: Surroundings) -> Iterator[Finding]:
    """The project; Google says the same of one that is not there and of one that the caller may not see."""
    project = around.stack.project
    try:
        found = around.google.get("cloudresourcemanager", f"/v3/projects/{project}")
    except GoogleError as fault:
        yield _not_seen(fault, project)
        return
    if found.get("state") == "ACTIVE":
        yield Finding("project", WELL, f"{project} in {around.stack.region}")
    else:
        yield Finding("project", WRONG, f"{project} is being deleted", f"gcloud projects undelete {project}")


def billing(around: Surroundings) -> Iterator[Finding]:
    """Whether somebody pays."""
    project = around.stack.project
    if around.google.get("cloudbilling", f"/v1/projects/{project}/billingInfo").get("billingEnabled"):
        yield Finding("billing", WELL, "on")
    else:
        mend = f"gcloud billing projects link {project} --billing-account=YOUR_BILLING_ACCOUNT"
        yield Finding("billing", WRONG, f"{project} has no open billing account", mend)


def services(around: Surroundings) -> Iterator[Finding]:
    """Whether the stack's services are on. A deployment turns them on, and then has to wait until they work."""
    project = around.stack.project
    wanted = [f"{each}.googleapis.com" for each in dict.fromkeys((*_ALWAYS, *around.stack.services))]
    enabled = _enabled(around)
    off = [each for each in wanted if each not in enabled]
    if off:
        yield Finding("services", WRONG, f"{len(off)} are off: {', '.join(off)}", enable(off, project))
    else:
        yield Finding("services", WELL, f"all {len(wanted)} are on")


def _enabled(around: Surroundings) -> set[str]:
    found: set[str] = set()
    parameters = {"filter": "state:ENABLED", "pageSize": "200"}
    while True:
        answer = around.google.get("serviceusage", f"/v1/projects/{around.stack.project}/services", parameters)
        found |= {each["name"].rpartition("/")[2] for each in answer.get("services", [])}
        if not answer.get("nextPageToken"):
            return found
        parameters["pageToken"] = answer["nextPageToken"]


def _not_seen(fault: GoogleError, project: str) -> Finding:
    if fault.reason == "SERVICE_DISABLED":
        return not_told("project", fault, project)
    if fault.status in (403, 404):
        says = f"there is no project {project}, or you may not see it"
        return Finding("project", WRONG, says, f"gcloud projects create {project}\ngcloud projects list")
    return not_told("project", fault, project)
