"""The permissions of deployers and previewers against the resources of the stacks."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from data_api.ops.drill.temporary_database import unique_id
from permissions import (
    DEPLOYER,
    DRILLER,
    NETWORK_DEPLOYER_ROLES,
    PREVIEWER,
    PermissionSet,
    drill_databases_condition,
    own_buckets_condition,
)
from tests.support.infra.pulumi_mocks import PROJECT
from tests.support.infra.pulumi_program import run_bootstrap_program, run_program
from tests.support.infra.recorded_deployment import RecordedDeployment
from tests.support.infra.resource_types import BUCKET, PROJECT_GRANT
from tests.support.infra.stack_settings import OPERATOR, OWNER

# By the module of pulumi_gcp, what a deployer needs to make the resources in it, and a previewer to see them.
NEEDED = {
    "apigateway": ({"roles/apigateway.admin", "roles/servicemanagement.editor"}, {"roles/apigateway.viewer"}),
    "artifactregistry": ({"roles/artifactregistry.admin"}, {"roles/artifactregistry.reader"}),
    "certificatemanager": ({"roles/certificatemanager.editor"}, {"roles/certificatemanager.viewer"}),
    "cloudfunctionsv2": (
        {"roles/cloudfunctions.developer", "run.revisions.get"},
        {"roles/cloudfunctions.viewer", "run.revisions.get"},
    ),
    "cloudrunv2": ({"run.services.setIamPolicy"}, {"run.services.getIamPolicy"}),
    "cloudscheduler": ({"roles/cloudscheduler.admin"}, {"roles/cloudscheduler.viewer"}),
    "compute": ({"roles/compute.networkAdmin", "roles/compute.securityAdmin"}, {"roles/compute.networkViewer"}),
    "dns": ({"roles/dns.admin"}, {"roles/dns.reader"}),
    "firestore": (
        {"datastore.databases.create", "roles/datastore.indexAdmin", "roles/datastore.backupSchedulesAdmin"},
        {"datastore.databases.getMetadata", "datastore.schemas.get", "roles/datastore.backupSchedulesViewer"},
    ),
    "logging": ({"roles/logging.configWriter"}, {"logging.logMetrics.get"}),
    "monitoring": ({"roles/monitoring.editor"}, {"roles/monitoring.viewer"}),
    "projects": (
        {"roles/serviceusage.serviceUsageAdmin"},
        {"roles/serviceusage.serviceUsageViewer"},
    ),
    "pubsub": (
        {"pubsub.topics.create", "pubsub.subscriptions.create", "pubsub.topics.setIamPolicy"},
        {"pubsub.topics.get", "pubsub.subscriptions.get", "pubsub.topics.getIamPolicy"},
    ),
    "storage": ({"storage.buckets.create"}, {"storage.buckets.get"}),
}
BY_REQUEST = {"kms"}  # by furtherRoles


@pytest.mark.parametrize("stack", ["dev", "prod", "full"])
@pytest.mark.parametrize(("permission_set", "kind"), [(DEPLOYER, 0), (PREVIEWER, 1)], ids=["deploying", "previewing"])
def test_a_duty_covers_every_resource_type_of_the_stacks(
    prepared: Mapping[str, RecordedDeployment], stack: str, permission_set: PermissionSet, kind: int
) -> None:
    covered = {*permission_set.roles, *permission_set.permissions}
    if permission_set is DEPLOYER and stack != "dev":
        covered |= {*NETWORK_DEPLOYER_ROLES}
    modules = {
        resource.type.split(":")[1].split("/")[0]
        for resource in prepared[stack].resources
        if resource.type.startswith("gcp:")
    }
    needed = {module: NEEDED[module][kind] for module in modules - BY_REQUEST}
    assert {} == {module: lacking for module, wanted in needed.items() if (lacking := wanted - covered)}


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_deployer_may_change_the_buckets_of_its_stack_only(stack: str, bootstrapped: RecordedDeployment) -> None:
    deployment = run_program(stack, {**OPERATOR, "data-api:webDomain": "data.example.com"})
    condition = own_buckets_condition(f"data-api-{stack}")
    prefixes = re.findall(r'startsWith\("projects/_/buckets/([^"]+)"\)', condition)
    buckets = [f"{resource.name}-" for resource in deployment.all(BUCKET)]  # Pulumi lengthens them
    assert sorted(prefixes) == sorted(buckets)
    assert not any(resource.inputs["name"].startswith("data-api-") for resource in bootstrapped.all(BUCKET))


def test_broad_roles_are_granted_with_a_condition(bootstrapped: RecordedDeployment) -> None:
    limited = {
        *("roles/storage.admin", "roles/storage.objectViewer"),
        *(f"projects/{PROJECT}/roles/data_api_{name}" for name in ("drill", "deploy_database")),
        *(
            f"projects/{PROJECT}/roles/data_api_{stack}_{action}"
            for stack in ("dev", "prod")
            for action in ("create_records", "read_records", "delete_records", "keep_dead_letters")
        ),
    }
    for resource in bootstrapped.all(PROJECT_GRANT):
        assert (resource.inputs["role"] in limited) == bool(resource.inputs.get("condition"))


def test_only_the_drill_reads_records_and_no_account_reads_messages_or_signs_as_another(
    bootstrapped: RecordedDeployment,
) -> None:
    reading = re.compile(r"\.(entities|namespaces)\.|\.(consume|publish|seek)$|AccessToken|sign(Blob|Jwt)|Keys\.create")
    permissions = {*DEPLOYER.permissions, *PREVIEWER.permissions, *DRILLER.permissions}
    assert [] == [permission for permission in permissions if reading.search(permission)]
    broad = re.compile(
        r"roles/(owner|editor|viewer|browser|datastore\.(owner|user|viewer)|pubsub\..*|.*[tT]okenCreator|.*KeyAdmin)"
    )
    reaching = [
        resource.inputs for resource in bootstrapped.all(PROJECT_GRANT) if broad.fullmatch(resource.inputs["role"])
    ]
    driller = f"serviceAccount:data-api-prod-drill@{PROJECT}.iam.gserviceaccount.com"
    assert [(driller, "roles/datastore.viewer")] == [(grant["member"], grant["role"]) for grant in reaching]


def test_the_drill_may_delete_temporary_databases_only() -> None:
    """`extract` returns the text in place of the braces, or nothing if the rest does not match."""
    (form,) = re.findall(r'^resource\.name\.extract\("([^"]+)"\) != ""$', drill_databases_condition())
    before, after = form.split("{live}")
    named = re.compile(f"{re.escape(before)}(.+){re.escape(after)}")
    assert named.search(f"projects/{PROJECT}/databases/{unique_id('data-api-prod', datetime.now(UTC))}")
    assert not named.search(f"projects/{PROJECT}/databases/data-api-prod")


def test_a_previewer_changes_nothing() -> None:
    assert [] == [permission for permission in PREVIEWER.permissions if not re.search(r"\.(get|list)\w*$", permission)]
    assert [] == [role for role in PREVIEWER.roles if not re.search(r"(?i)(viewer|reader)$", role)]


def test_only_deployers_of_stacks_with_a_network_may_change_networks(bootstrapped: RecordedDeployment) -> None:
    members = {
        resource.inputs["member"].partition("@")[0]
        for resource in bootstrapped.all(PROJECT_GRANT)
        if resource.inputs["role"] in NETWORK_DEPLOYER_ROLES
    }
    assert {"serviceAccount:data-api-prod-deploy"} == members


def test_only_deployers_get_further_roles() -> None:
    keys = "roles/cloudkms.admin"
    resources = run_bootstrap_program({**OWNER, "data-api-bootstrap:furtherRoles": f'["{keys}"]'}).all(PROJECT_GRANT)
    members = {resource.inputs["member"].partition("@")[0] for resource in resources if resource.inputs["role"] == keys}
    assert {"serviceAccount:data-api-dev-deploy", "serviceAccount:data-api-prod-deploy"} == members
