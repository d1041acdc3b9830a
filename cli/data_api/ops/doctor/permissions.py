"""Checks that who deploys may do it, by asking Google for each permission by its name."""

from collections.abc import Iterator, Mapping

from data_api.ops.doctor.check_context import CheckContext
from data_api.ops.doctor.pulumi import member
from data_api.ops.doctor.requirements import ALWAYS, PERMISSIONS
from data_api.shared.check_result import OK, PROBLEM, CheckResult

_AT_ONCE = 100  # permissions that one call takes


def needed(services: tuple[str, ...]) -> dict[str, str]:
    """The role that brings it, by permission."""
    by_role = [ALWAYS, *(PERMISSIONS.get(service, {}) for service in services)]
    return {permission: role for roles in by_role for role, permissions in roles.items() for permission in permissions}


def permissions(context: CheckContext) -> Iterator[CheckResult]:
    """What the caller may not, with the roles that would let them."""
    roles = needed(context.stack.services)
    granted = _granted(context, list(roles))
    missing = [permission for permission in roles if permission not in granted]
    if missing:
        names = ", ".join(missing)
        yield CheckResult("permissions", PROBLEM, f"you lack {names}", "\n".join(_grants(context, roles, missing)))
    else:
        yield CheckResult("permissions", OK, f"all {len(roles)} that a deployment needs")


def _granted(context: CheckContext, wanted: list[str]) -> set[str]:
    granted: set[str] = set()
    path = f"/v3/projects/{context.stack.project}:testIamPermissions"
    for start in range(0, len(wanted), _AT_ONCE):
        answer = context.google.ask("cloudresourcemanager", path, {"permissions": wanted[start : start + _AT_ONCE]})
        granted |= set(answer.get("permissions", []))
    return granted


def _grants(context: CheckContext, roles: Mapping[str, str], missing: list[str]) -> Iterator[str]:
    for role in dict.fromkeys(roles[permission] for permission in missing):
        yield (
            f"gcloud projects add-iam-policy-binding {context.stack.project} --member={member(context)} "
            f"--role={role} --condition=None"
        )
