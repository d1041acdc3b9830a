"""Who reads records, messages and secrets is logged, by a setting that no deployer can change."""

from permissions import DEPLOYER, DRILLER, PREVIEWER
from tests.support.infra.pulumi_program import run_bootstrap_program
from tests.support.infra.recorded_deployment import RecordedDeployment
from tests.support.infra.stack_settings import OWNER

AUDIT = "gcp:projects/iAMAuditConfig:IAMAuditConfig"


def test_reads_and_writes_of_data_and_the_use_of_keys_are_logged(bootstrapped: RecordedDeployment) -> None:
    logged = {
        resource.inputs["service"]: {entry["logType"] for entry in resource.inputs["auditLogConfigs"]}
        for resource in bootstrapped.all(AUDIT)
    }
    services = {f"{service}.googleapis.com" for service in ("datastore", "pubsub", "cloudkms")}
    assert {service: {"ADMIN_READ", "DATA_READ", "DATA_WRITE"} for service in services} == logged


def test_nobody_is_exempted(bootstrapped: RecordedDeployment) -> None:
    entries = [entry for resource in bootstrapped.all(AUDIT) for entry in resource.inputs["auditLogConfigs"]]
    assert entries
    assert [] == [entry for entry in entries if "exemptedMembers" in entry]


def test_a_project_of_test_data_can_do_without() -> None:
    assert [] == run_bootstrap_program({**OWNER, "data-api-bootstrap:auditReads": "false"}).all(AUDIT)


def test_no_identity_of_the_pipeline_can_turn_it_off() -> None:
    permissions = {*DEPLOYER.permissions, *PREVIEWER.permissions, *DRILLER.permissions}
    roles = {*DEPLOYER.roles, *PREVIEWER.roles, *DRILLER.roles}
    assert "resourcemanager.projects.setIamPolicy" not in permissions
    assert set() == roles & {"roles/owner", "roles/resourcemanager.projectIamAdmin", "roles/iam.securityAdmin"}
