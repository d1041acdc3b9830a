"""Says what a deployer, a previewer and a driller may do in the project, each with its reason, and nothing else.

Owns the lists. A role of Google's is taken where it reads no records and hands out no rights; where it would, the
permissions are listed one by one. Permissions and roles: https://cloud.google.com/iam/docs/roles-permissions. What they
may do with a stack's state is `state`'s; tests/infra/bootstrap/test_bootstrap.py holds the lists against
what the stacks are made
of.
"""

from collections.abc import Mapping
from dataclasses import dataclass

DEPLOYER_ROLES = {
    "roles/apigateway.admin": "makes the API, its configurations and the gateway",
    "roles/artifactregistry.admin": "makes the repository of images and lets builds write into it",
    "roles/cloudfunctions.developer": "makes the functions",
    "roles/compute.networkAdmin": "makes the private network",
    "roles/compute.securityAdmin": "makes the private network's firewall",
    "roles/datastore.backupSchedulesAdmin": "makes the schedules of backups",
    "roles/datastore.indexAdmin": "says what is indexed",
    "roles/dns.admin": "makes the private network's names",
    "roles/iam.roleAdmin": "makes the roles of persist, present and dead-letter: no predefined one is narrow enough",
    "roles/iam.serviceAccountUser": "makes functions, pushes and a gateway that act as the stack's own accounts",
    "roles/logging.configWriter": "makes metrics of log lines",
    "roles/monitoring.editor": "makes the dashboard, objectives, alerts and checks",
    "roles/servicemanagement.editor": "API Gateway writes each configuration into a managed service",
    "roles/serviceusage.serviceUsageAdmin": "turns services on and makes Google's agents of them",
}
DEPLOYER_PERMISSIONS = {
    # roles/datastore.owner would read and delete records
    "datastore.databases.create": "makes the database",
    "datastore.databases.delete": "deletes it with an unprotected stack",
    "datastore.databases.getMetadata": "compares it with what is declared",
    "datastore.databases.list": "finds it",
    "datastore.databases.update": "changes its protection and recovery",
    # roles/iam.serviceAccountAdmin would let it become any account
    "iam.serviceAccounts.create": "makes the stack's own accounts",
    "iam.serviceAccounts.delete": "deletes them with the stack",
    "iam.serviceAccounts.get": "compares them with what is declared",
    "iam.serviceAccounts.list": "finds them",
    "iam.serviceAccounts.update": "renames them",
    # roles/pubsub.admin would read and publish messages
    "pubsub.subscriptions.create": "makes the subscriptions",
    "pubsub.subscriptions.delete": "deletes them with the stack",
    "pubsub.subscriptions.get": "compares them with what is declared",
    "pubsub.subscriptions.getIamPolicy": "lets Pub/Sub's agent move dead letters",
    "pubsub.subscriptions.list": "finds them",
    "pubsub.subscriptions.setIamPolicy": "lets Pub/Sub's agent move dead letters",
    "pubsub.subscriptions.update": "changes their pauses and deadlines",
    "pubsub.topics.attachSubscription": "subscribes to the topics",
    "pubsub.topics.create": "makes the topics",
    "pubsub.topics.delete": "deletes them with the stack",
    "pubsub.topics.get": "compares them with what is declared",
    "pubsub.topics.getIamPolicy": "lets generate publish",
    "pubsub.topics.list": "finds them",
    "pubsub.topics.setIamPolicy": "lets generate publish",
    "pubsub.topics.update": "changes their retention",
    # roles/run.admin would open a shell in an instance
    "run.services.get": "finds the services below the functions",
    "run.services.getIamPolicy": "lets the gateway and the pushes call them",
    "run.services.setIamPolicy": "lets the gateway and the pushes call them",
    # roles/storage.admin holds for the stack's own buckets only, which have to be made first
    "storage.buckets.create": "makes the bucket of the archive",
}

PREVIEWER_ROLES = {
    "roles/apigateway.viewer": "sees the API, its configurations and the gateway",
    "roles/artifactregistry.reader": "sees the repository of images",
    "roles/cloudfunctions.viewer": "sees the functions",
    "roles/compute.networkViewer": "sees the private network and its firewall",
    "roles/datastore.backupSchedulesViewer": "sees the schedules of backups",
    "roles/dns.reader": "sees the private network's names",
    "roles/iam.roleViewer": "sees the stack's own roles, and who has which in the project",
    "roles/monitoring.viewer": "sees the dashboard, objectives, alerts and checks",
    "roles/serviceusage.serviceUsageViewer": "sees which services are on",
}
PREVIEWER_PERMISSIONS = {
    "apikeys.keys.get": "sees the key of a quota",
    "apikeys.keys.getKeyString": "the provider reads it together with the key",
    "artifactregistry.repositories.getIamPolicy": "sees who writes images",
    "cloudkms.cryptoKeys.get": "sees the stack's own keys",
    "cloudkms.cryptoKeys.getIamPolicy": "sees who uses them",
    "cloudkms.keyRings.get": "sees their ring",
    "datastore.databases.getMetadata": "sees the database, and no record in it",
    "datastore.schemas.get": "sees what is indexed",
    "iam.serviceAccounts.get": "sees the stack's own accounts",
    "logging.logMetrics.get": "sees metrics of log lines, and no log line",
    "pubsub.subscriptions.get": "sees the subscriptions",
    "pubsub.subscriptions.getIamPolicy": "sees who moves dead letters",
    "pubsub.topics.get": "sees the topics",
    "pubsub.topics.getIamPolicy": "sees who publishes",
    "run.services.get": "sees the services below the functions",
    "run.services.getIamPolicy": "sees who calls them",
    "storage.buckets.get": "sees the bucket of the archive",
}

DRILLER_ROLES = {
    "roles/datastore.restoreAdmin": "restores a backup into a new database",
    "roles/datastore.viewer": "compares the records of both databases",
}
DRILLER_PERMISSIONS = {  # for databases of drills only
    "datastore.databases.delete": "deletes the restored database",
    "datastore.databases.getMetadata": "sees whether it is protected as the one that it is a copy of",
    "datastore.databases.update": "takes that protection from it",
    "datastore.operations.cancel": "gives up a restore that is interrupted",
}


@dataclass(frozen=True)
class Duty:
    """What identities of one kind may do in the whole project."""

    roles: Mapping[str, str]  # role -> its reason
    permissions: Mapping[str, str]  # permission -> its reason


DEPLOYING = Duty(DEPLOYER_ROLES, DEPLOYER_PERMISSIONS)
PREVIEWING = Duty(PREVIEWER_ROLES, PREVIEWER_PERMISSIONS)
DRILLING = Duty(DRILLER_ROLES, DRILLER_PERMISSIONS)


def own_buckets(stack: str) -> str:
    """The condition by which a grant on all buckets holds for those that a stack makes."""
    return f'resource.name.startsWith("projects/_/buckets/data-api-{stack}-source-")'


def of_drills() -> str:
    """The condition by which a grant on all databases holds for those that drills make (`temporary_database`)."""
    return 'resource.name.extract("/databases/{live}-drill-") != ""'


def grantable(project: str, stack: str) -> str:
    """The condition that limits granting to the roles that the stack itself grants."""
    own = f"projects/{project}/roles/data_api_{stack.replace('-', '_')}"
    names = [f"{own}_{act}" for act in ("create_records", "read_records", "keep_dead_letters")]
    roles = [*names, "roles/logging.logWriter", "roles/storage.objectViewer", "roles/telemetry.tracesWriter"]
    listed = ", ".join(f"'{role}'" for role in roles)
    return f"api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly([{listed}])"
