"""Checks that who deploys may do it, by asking Google for each permission by its name.

Leaves which permissions a service needs, and the role that brings each, to `needs.py`.
"""

from collections.abc import Iterator, Mapping

from data_api.ops.doctor.check_context import Surroundings
from data_api.ops.doctor.finding import WELL, WRONG, Finding
from data_api.ops.doctor.pulumi import member
from data_api.ops.doctor.requirements import ALWAYS, PERMISSIONS

_AT_ONCE = 100  # permissions that one call takes


def needed(services: tuple[str, ...]) -> dict[str, str]:
    """The role that brings it, by permission."""
    roles = [ALWAYS, *(PERMISSIONS.get(service, {}) for service in services)]
    return {each: role for bringing in roles for role, permissions in bringing.items() for each in permissions}


def permissions(around: Surroundings) -> Iterator[Finding]:
    """What the caller may not, with the roles that would let them."""
    roles = needed(around.stack.services)
    held = _held(around, list(roles))
    missing = [each for each in roles if each not in held]
    if missing:
        said = ", ".join(missing)
        yield Finding("permissions", WRONG, f"you lack {said}", "\n".join(_grants(around, roles, missing)))
    else:
        yield Finding("permissions", WELL, f"all {len(roles)} that a deployment needs")


def _held(around: Surroundings, wanted: list[str]) -> set[str]:
    found: set[str] = set()
    path = f"/v3/projects/{around.stack.project}:testIamPermissions"
    for start in range(0, len(wanted), _AT_ONCE):
        answer = around.google.ask("cloudresourcemanager", path, {"permissions": wanted[start : start + _AT_ONCE]})
        found |= set(answer.get("permissions", []))
    return found


def _grants(around: Surroundings, roles: Mapping[str, str], missing: list[str]) -> Iterator[str]:
    for role in dict.fromkeys(roles[each] for each in missing):
        yield (
            f"gcloud projects add-iam-policy-binding {around.stack.project} --member={member(around)} "
            f"--role={role} --condition=None"
        )
