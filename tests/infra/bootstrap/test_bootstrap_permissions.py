"""What a deployer and a previewer may do: all that the stacks are made of, and no more."""

import re
from datetime import UTC, datetime

import pytest

from data_api.ops.drill.temporary_database import unique_id
from permissions import DEPLOYING, DRILLING, PREVIEWING, Duty, grantable, of_drills, own_buckets
from tests.support.infra.invariants import BUCKET, PROJECT_GRANT
from tests.support.infra.pulumi_mocks import (
    OPERATOR,
    OWNER,
    PROJECT,
    RecordedDeployment,
    run_bootstrap_program,
    run_program,
)

# By the module of pulumi_gcp, what a deployer needs to make the resources in it, and a previewer to see them.
NEEDED = {
    "apigateway": ({"roles/apigateway.admin", "roles/servicemanagement.editor"}, {"roles/apigateway.viewer"}),
    "artifactregistry": ({"roles/artifactregistry.admin"}, {"roles/artifactregistry.reader"}),
    "cloudfunctionsv2": (
        {"roles/cloudfunctions.developer", "roles/iam.serviceAccountUser"},
        {"roles/cloudfunctions.viewer"},
    ),
    "cloudrunv2": ({"run.services.setIamPolicy"}, {"run.services.getIamPolicy"}),
    "compute": ({"roles/compute.networkAdmin", "roles/compute.securityAdmin"}, {"roles/compute.networkViewer"}),
    "dns": ({"roles/dns.admin"}, {"roles/dns.reader"}),
    "firestore": (
        {"datastore.databases.create", "roles/datastore.indexAdmin", "roles/datastore.backupSchedulesAdmin"},
        {"datastore.databases.getMetadata", "datastore.schemas.get", "roles/datastore.backupSchedulesViewer"},
    ),
    "logging": ({"roles/logging.configWriter"}, {"logging.logMetrics.get"}),
    "monitoring": ({"roles/monitoring.editor"}, {"roles/monitoring.viewer"}),
    "projects": (
        {"roles/serviceusage.serviceUsageAdmin", "roles/iam.roleAdmin"},
        {"roles/serviceusage.serviceUsageViewer", "roles/iam.roleViewer"},
    ),
    "pubsub": (
        {"pubsub.topics.create", "pubsub.subscriptions.create", "pubsub.topics.setIamPolicy"},
        {"pubsub.topics.get", "pubsub.subscriptions.get", "pubsub.topics.getIamPolicy"},
    ),
    "serviceaccount": ({"iam.serviceAccounts.create"}, {"iam.serviceAccounts.get"}),
    "storage": ({"storage.buckets.create"}, {"storage.buckets.get"}),
}
BY_REQUEST = {"kms"}  # by furtherRoles


@pytest.mark.parametrize(("duty", "kind"), [(DEPLOYING, 0), (PREVIEWING, 1)], ids=["deploying", "previewing"])
def test_a_duty_covers_all_that_stacks_are_made_of(each_stack: RecordedDeployment, duty: Duty, kind: int) -> None:
    covered = {*duty.roles, *duty.permissions}
    modules = {
        resource.type.split(":")[1].split("/")[0]
        for resource in each_stack.resources
        if resource.type.startswith("gcp:")
    }
    needed = {module: NEEDED[module][kind] for module in modules - BY_REQUEST}
    assert {} == {module: lacking for module, wanted in needed.items() if (lacking := wanted - covered)}


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_deployer_hands_out_the_roles_that_its_stack_grants_and_no_other(stack: str) -> None:
    rehearsal = run_program(stack, {**OPERATOR, "data-api:tracePercent": "1"})
    granted = {resource.inputs["role"] for resource in rehearsal.all(PROJECT_GRANT)}
    assert granted == {*re.findall(r"'((?:projects|roles)/[^']+)'", grantable(PROJECT, stack))}


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_deployers_own_buckets_are_those_of_its_stack(
    stack: str, prepared: RecordedDeployment, request: pytest.FixtureRequest
) -> None:
    rehearsal: RecordedDeployment = request.getfixturevalue(stack)
    (prefix,) = re.findall(r'startsWith\("projects/_/buckets/([^"]+)"\)', own_buckets(stack))
    made = [f"{resource.name}-" for resource in rehearsal.all(BUCKET)]  # Pulumi lengthens them
    assert [prefix] == made
    assert not any(resource.inputs["name"].startswith("data-api-") for resource in prepared.all(BUCKET))


def test_grants_that_would_reach_too_far_are_limited(prepared: RecordedDeployment) -> None:
    limited = {
        *("roles/storage.admin", "roles/storage.objectViewer", "roles/resourcemanager.projectIamAdmin"),
        f"projects/{PROJECT}/roles/data_api_drill",
    }
    for resource in prepared.all(PROJECT_GRANT):
        assert (resource.inputs["role"] in limited) == bool(resource.inputs.get("condition"))


def test_only_a_driller_reads_records_and_nobody_reads_messages_or_signs_for_another(
    prepared: RecordedDeployment,
) -> None:
    reading = re.compile(r"\.(entities|namespaces)\.|\.(consume|publish|seek)$|AccessToken|sign(Blob|Jwt)|Keys\.create")
    permissions = {*DEPLOYING.permissions, *PREVIEWING.permissions, *DRILLING.permissions}
    assert [] == [permission for permission in permissions if reading.search(permission)]
    broad = re.compile(
        r"roles/(owner|editor|viewer|browser|datastore\.(owner|user|viewer)|pubsub\..*|.*[tT]okenCreator|.*KeyAdmin)"
    )
    reaching = [resource.inputs for resource in prepared.all(PROJECT_GRANT) if broad.fullmatch(resource.inputs["role"])]
    driller = f"serviceAccount:data-api-prod-drill@{PROJECT}.iam.gserviceaccount.com"
    assert [(driller, "roles/datastore.viewer")] == [(each["member"], each["role"]) for each in reaching]


def test_a_driller_deletes_what_drills_have_made_and_nothing_else() -> None:
    """As `extract` is documented: what stands for the name in braces, or nothing if the rest does not match."""
    (form,) = re.findall(r'^resource\.name\.extract\("([^"]+)"\) != ""$', of_drills())
    before, after = form.split("{live}")
    named = re.compile(f"{re.escape(before)}(.+){re.escape(after)}")
    assert named.search(f"projects/{PROJECT}/databases/{unique_id('data-api-prod', datetime.now(UTC))}")
    assert not named.search(f"projects/{PROJECT}/databases/data-api-prod")


def test_a_previewer_changes_nothing() -> None:
    assert [] == [permission for permission in PREVIEWING.permissions if not re.search(r"\.(get|list)\w*$", permission)]
    assert [] == [role for role in PREVIEWING.roles if not re.search(r"(?i)(viewer|reader)$", role)]


def test_further_roles_are_the_deployers_alone() -> None:
    keys = "roles/cloudkms.admin"
    resources = run_bootstrap_program({**OWNER, "data-api-bootstrap:furtherRoles": f'["{keys}"]'}).all(PROJECT_GRANT)
    having = {each.inputs["member"].partition("@")[0] for each in resources if each.inputs["role"] == keys}
    assert {"serviceAccount:data-api-dev-deploy", "serviceAccount:data-api-prod-deploy"} == having
