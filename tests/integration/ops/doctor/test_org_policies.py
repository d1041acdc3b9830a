"""The check of the organization's policies against what the stack declares."""

import pytest

from tests.support.ops.machine import Machine
from tests.support.ops.ready_project import PROJECT, Json
from tests.support.servers.google_server import refusal


@pytest.mark.parametrize(
    ("constraint", "rule", "said"),
    [
        ("iam.disableServiceAccountCreation", {"enforce": True}, "is enforced, but each function has"),
        ("run.allowedIngress", {"values": {"allowedValues": ["is:internal"]}}, "forbids all, but the gateway calls"),
        ("run.allowedIngress", {"denyAll": True}, "forbids all, internal, but"),
        (
            "cloudfunctions.allowedIngressSettings",
            {"values": {"deniedValues": ["ALLOW_ALL"]}},
            "forbids ALLOW_ALL, but",
        ),
        ("cloudfunctions.restrictAllowedGenerations", {"values": {"allowedValues": ["1stGen"]}}, "forbids 2ndGen, but"),
        ("gcp.resourceLocations", {"values": {"allowedValues": ["europe-west1"]}}, "forbids us-central1, but"),
        (
            "gcp.restrictServiceUsage",
            {"values": {"deniedValues": ["pubsub.googleapis.com"]}},
            "forbids pubsub.googleapis.com, but",
        ),
        (
            "gcp.restrictNonCmekServices",
            {"values": {"deniedValues": ["is:firestore.googleapis.com"]}},
            "forbids firestore.googleapis.com, but",
        ),
        ("iam.allowedPolicyMemberDomains", {"denyAll": True}, "allows no members, but the stack grants roles"),
    ],
)
def test_a_policy_that_forbids_what_the_stack_declares_is_a_problem(
    machine: Machine, constraint: str, rule: Json, said: str
) -> None:
    machine.policy(constraint, rule)
    message, fix = machine.result("org policies", "problem")
    assert f"{constraint} {said}" in message
    assert [
        f"gcloud org-policies describe {constraint} --effective --project={PROJECT}",
        f"gcloud org-policies reset {constraint} --project={PROJECT}",
    ] == fix.splitlines()


@pytest.mark.parametrize(
    ("constraint", "rule"),
    [
        ("iam.disableServiceAccountCreation", {"enforce": False}),
        ("run.allowedIngress", {"allowAll": True}),
        ("run.allowedIngress", {"values": {"allowedValues": ["is:all", "internal"]}}),
        ("gcp.resourceLocations", {"values": {"allowedValues": ["in:us-locations"]}}),
        ("gcp.resourceLocations", {"values": {"allowedValues": ["in:us-central1-locations"]}}),
        ("run.allowedIngress", {"denyAll": True, "condition": {"expression": "resource.matchTag('1/a', 'b')"}}),
        ("gcp.restrictServiceUsage", {"values": {"deniedValues": ["bigquery.googleapis.com"]}}),
    ],
)
def test_a_policy_that_allows_what_the_stack_declares_is_ok(machine: Machine, constraint: str, rule: Json) -> None:
    machine.policy(constraint, rule)
    assert ("no policy forbids a resource of the stack", "") == machine.result("org policies", "ok")


@pytest.mark.parametrize(
    ("constraint", "rule", "said"),
    [
        ("gcp.resourceLocations", {"values": {"allowedValues": ["in:low-carbon-locations"]}}, "has groups of values"),
        ("gcp.resourceLocations", {"values": {"deniedValues": ["in:low-carbon-locations"]}}, "has groups of values"),
        (
            "iam.allowedPolicyMemberDomains",
            {"values": {"allowedValues": ["C0abc"]}},
            "allows grants only to members of C0abc",
        ),
    ],
)
def test_a_policy_that_only_google_can_evaluate_is_unknown(
    machine: Machine, constraint: str, rule: Json, said: str
) -> None:
    machine.policy(constraint, rule)
    assert said in machine.result("org policies", "unknown")[0]
    assert "1 could not be checked." in machine.doctor().stdout


def test_a_problem_is_reported_even_if_a_later_policy_cannot_be_read(machine: Machine) -> None:
    machine.policy("iam.disableServiceAccountCreation", {"enforce": True})
    path = f"orgpolicy/v2/projects/{PROJECT}/policies/run.allowedIngress:getEffectivePolicy"
    machine.google.answers["GET", path] = refusal(403, "PERMISSION_DENIED", "No.")
    assert "iam.disableServiceAccountCreation is enforced" in machine.result("org policies", "problem")[0]
    assert "unknown  org policies: not checked" in machine.doctor().stdout
