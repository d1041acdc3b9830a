"""Checks that no policy of the organization forbids a resource of the stack.

Owns the reading of an effective policy (https://cloud.google.com/resource-manager/docs/organization-policy/overview).
A value may be is:VALUE, or in:GROUP, a group whose members only Google knows.
"""

from collections.abc import Iterator

from data_api.ops.doctor.check_context import CheckContext
from data_api.ops.doctor.requirements import CONSTRAINTS, RESTRICTABLE, PolicyRequirement
from data_api.ops.google_api import Json
from data_api.shared.check_result import OK, PROBLEM, UNKNOWN, CheckResult

_MEMBER_DOMAINS = "iam.allowedPolicyMemberDomains"


def policies(context: CheckContext) -> Iterator[CheckResult]:
    """A result for each policy that forbids something; one result if none does."""
    is_ok = True
    for result in _violations(context):
        is_ok = False
        yield result
    if is_ok:
        yield CheckResult("org policies", OK, "no policy forbids a resource of the stack")


def _violations(context: CheckContext) -> Iterator[CheckResult]:
    for requirement in _requirements(context):
        yield from _check(context, requirement, _rules(context, requirement.constraint))
    yield from _check_member_domains(context, _rules(context, _MEMBER_DOMAINS))


def _requirements(context: CheckContext) -> Iterator[PolicyRequirement]:
    yield from CONSTRAINTS
    services = [service for service in context.stack.services if service in RESTRICTABLE]
    region = context.stack.region
    yield PolicyRequirement("gcp.resourceLocations", f"the stack is in {region}", (region,))
    yield PolicyRequirement("gcp.restrictServiceUsage", "the stack uses it", _full_names(services))
    has_key = {
        service: context.stack.has_database_key if service == "firestore" else context.stack.has_keys
        for service in services
    }
    without_key = [service for service in services if not has_key[service]]
    reason = "the stack uses it with Google's own keys"
    yield PolicyRequirement("gcp.restrictNonCmekServices", reason, _full_names(without_key))


def _full_names(services: list[str]) -> tuple[str, ...]:
    return tuple(f"{service}.googleapis.com" for service in services)


def _rules(context: CheckContext, constraint: str) -> list[Json]:
    """Empty if the policy is not set."""
    path = f"/v2/projects/{context.stack.project}/policies/{constraint}:getEffectivePolicy"
    rules: list[Json] = context.google.get("orgpolicy", path).get("spec", {}).get("rules", [])
    return [rule for rule in rules if not rule.get("condition")]  # rules with a condition are for tagged projects


def _check(context: CheckContext, requirement: PolicyRequirement, rules: list[Json]) -> Iterator[CheckResult]:
    name, project = requirement.constraint, context.stack.project
    describe, reset = (f"gcloud org-policies {verb} {name}" for verb in ("describe", "reset"))
    fix = f"{describe} --effective --project={project}\n{reset} --project={project}"
    if requirement.values is None:
        if any(rule.get("enforce") for rule in rules):
            yield CheckResult("org policies", PROBLEM, f"{name} is enforced, but {requirement.reason}", fix)
        return
    is_allowed = {value: {_allows(rule, value) for rule in rules} for value in requirement.values}
    if forbidden := [value for value, answers in is_allowed.items() if False in answers]:
        message = f"{name} forbids {', '.join(forbidden)}, but {requirement.reason}"
        yield CheckResult("org policies", PROBLEM, message, fix)
    elif unknown := [value for value, answers in is_allowed.items() if None in answers]:
        message = f"{name} has groups of values, and only Google knows whether they contain {', '.join(unknown)}"
        yield CheckResult("org policies", UNKNOWN, message, fix)


def _allows(rule: Json, value: str) -> bool | None:
    """None if it depends on a group whose members are not known here."""
    if rule.get("denyAll"):
        return False
    values = rule.get("values", {})
    allowed, denied = values.get("allowedValues"), values.get("deniedValues", [])
    names = {value, f"is:{value}", f"in:{value}-locations", f"in:{value.partition('-')[0]}-locations"}
    if not names.isdisjoint(denied):
        return False
    if allowed is not None and names.isdisjoint(allowed):
        return None if any(map(_is_group, allowed)) else False
    return None if any(map(_is_group, denied)) else True


def _is_group(value: str) -> bool:
    return value.startswith("in:")


def _check_member_domains(context: CheckContext, rules: list[Json]) -> Iterator[CheckResult]:
    """The stack grants roles to its own service accounts and to that of Pub/Sub.

    Whether the policy allows their organization is unknown, because its customer id is not known here.
    """
    project = context.stack.project
    describe = f"gcloud org-policies describe {_MEMBER_DOMAINS} --effective --project={project}"
    if any(rule.get("denyAll") for rule in rules):
        message = f"{_MEMBER_DOMAINS} allows no members, but the stack grants roles to its own service accounts"
        reset = f"gcloud org-policies reset {_MEMBER_DOMAINS} --project={project}"
        yield CheckResult("org policies", PROBLEM, message, f"{describe}\n{reset}")
    elif allowed := [value for rule in rules for value in rule.get("values", {}).get("allowedValues", [])]:
        message = (
            f"{_MEMBER_DOMAINS} allows grants only to members of {', '.join(allowed)}: check that your organization "
            "is one of them"
        )
        yield CheckResult("org policies", UNKNOWN, message, f"{describe}\ngcloud organizations list")
