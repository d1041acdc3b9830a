"""Checks that the deploying account has all permissions, by testing each permission at Google."""

from collections.abc import Iterator, Mapping

from data_api.ops.doctor.check_context import CheckContext
from data_api.ops.doctor.pulumi import member
from data_api.ops.doctor.requirements import ALWAYS, PERMISSIONS
from data_api.shared.check_result import OK, PROBLEM, CheckResult

_MAX_PERMISSIONS = 100  # of one call


def needed(services: tuple[str, ...]) -> dict[str, str]:
    """The needed permissions, each with the role that contains it."""
    by_role = [ALWAYS, *(PERMISSIONS.get(service, {}) for service in services)]
    return {permission: role for roles in by_role for role, permissions in roles.items() for permission in permissions}


def permissions(context: CheckContext) -> Iterator[CheckResult]:
    """The missing permissions, with the commands that grant their roles."""
    roles = needed(context.stack.services)
    granted = _granted(context, list(roles))
    missing = [permission for permission in roles if permission not in granted]
    if missing:
        names = ", ".join(missing)
        commands = "\n".join(_grant_commands(context, roles, missing))
        yield CheckResult("permissions", PROBLEM, f"you lack {names}", commands)
    else:
        yield CheckResult("permissions", OK, f"you have all {len(roles)} that a deployment needs")


def _granted(context: CheckContext, permissions: list[str]) -> set[str]:
    granted: set[str] = set()
    path = f"/v3/projects/{context.stack.project}:testIamPermissions"
    for start in range(0, len(permissions), _MAX_PERMISSIONS):
        body = {"permissions": permissions[start : start + _MAX_PERMISSIONS]}
        response = context.google.ask("cloudresourcemanager", path, body)
        granted |= set(response.get("permissions", []))
    return granted


def _grant_commands(context: CheckContext, roles: Mapping[str, str], missing: list[str]) -> Iterator[str]:
    for role in dict.fromkeys(roles[permission] for permission in missing):
        yield (
            f"gcloud projects add-iam-policy-binding {context.stack.project} --member={member(context)} "
            f"--role={role} --condition=None"
        )
