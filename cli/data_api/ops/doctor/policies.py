"""Checks that no policy of the organization forbids what the stack declares.

Owns the reading of an effective policy (https://cloud.google.com/resource-manager/docs/organization-policy/overview):
values may be written is:VALUE, and in:GROUP, whose members only Google knows.
"""

from collections.abc import Iterator

from data_api.ops.doctor.check_context import CheckContext
from data_api.ops.doctor.requirements import CONSTRAINTS, RESTRICTABLE, Forbids
from data_api.ops.google_api import Json
from data_api.shared.check_result import OK, PROBLEM, UNKNOWN, CheckResult

_MEMBERS = "iam.allowedPolicyMemberDomains"


def policies(context: CheckContext) -> Iterator[CheckResult]:
    """A line for each policy that forbids something; one line where none does."""
    is_free = True
    for result in _violations(context):
        is_free = False
        yield result
    if is_free:
        yield CheckResult("org policies", OK, "no policy forbids what the stack declares")


def _violations(context: CheckContext) -> Iterator[CheckResult]:
    for constraint in _constraints(context):
        yield from _judged(context, constraint, _rules(context, constraint.constraint))
    yield from _who_may_be_granted(context, _rules(context, _MEMBERS))


def _constraints(context: CheckContext) -> Iterator[Forbids]:
    yield from CONSTRAINTS
    services = [service for service in context.stack.services if service in RESTRICTABLE]
    yield Forbids("gcp.resourceLocations", f"the stack is in {context.stack.region}", (context.stack.region,))
    yield Forbids("gcp.restrictServiceUsage", "the stack uses it", _full(services))
    has_key = {
        service: context.stack.has_database_key if service == "firestore" else context.stack.has_keys
        for service in services
    }
    without = [service for service in services if not has_key[service]]
    yield Forbids("gcp.restrictNonCmekServices", "the stack uses it with Google's own keys", _full(without))


def _full(services: list[str]) -> tuple[str, ...]:
    return tuple(f"{service}.googleapis.com" for service in services)


def _rules(context: CheckContext, constraint: str) -> list[Json]:
    """None where nobody has set the policy."""
    path = f"/v2/projects/{context.stack.project}/policies/{constraint}:getEffectivePolicy"
    rules: list[Json] = context.google.get("orgpolicy", path).get("spec", {}).get("rules", [])
    return [rule for rule in rules if not rule.get("condition")]  # the others hold for tagged projects


def _judged(context: CheckContext, forbids: Forbids, rules: list[Json]) -> Iterator[CheckResult]:
    name, project = forbids.constraint, context.stack.project
    show, reset = (f"gcloud org-policies {verb} {name}" for verb in ("describe", "reset"))
    fix = f"{show} --effective --project={project}\n{reset} --project={project}"
    if forbids.values is None:
        if any(rule.get("enforce") for rule in rules):
            yield CheckResult("org policies", PROBLEM, f"{name} is on, but {forbids.what}", fix)
        return
    verdicts = {value: {_allows(rule, value) for rule in rules} for value in forbids.values}
    if refused := [value for value, states in verdicts.items() if False in states]:
        yield CheckResult("org policies", PROBLEM, f"{name} forbids {', '.join(refused)}, but {forbids.what}", fix)
    elif unclear := [value for value, states in verdicts.items() if None in states]:
        message = f"{name} names groups of values, of which only Google knows whether they hold {', '.join(unclear)}"
        yield CheckResult("org policies", UNKNOWN, message, fix)


def _allows(rule: Json, value: str) -> bool | None:
    """None where a group decides that is not known here."""
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


def _who_may_be_granted(context: CheckContext, rules: list[Json]) -> Iterator[CheckResult]:
    """The stack grants to its own service accounts and to Pub/Sub's: only the customer's number is not known here."""
    project = context.stack.project
    look = f"gcloud org-policies describe {_MEMBERS} --effective --project={project}"
    if any(rule.get("denyAll") for rule in rules):
        message = f"{_MEMBERS} allows nobody, but the stack grants rights to its own service accounts"
        yield CheckResult(
            "org policies", PROBLEM, message, f"{look}\ngcloud org-policies reset {_MEMBERS} --project={project}"
        )
    elif allowed := [value for rule in rules for value in rule.get("values", {}).get("allowedValues", [])]:
        message = f"{_MEMBERS} allows grants only to members of {', '.join(allowed)}: check that you are one of them"
        yield CheckResult("org policies", UNKNOWN, message, f"{look}\ngcloud organizations list")
