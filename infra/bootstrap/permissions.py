"""Lists what deployers, previewers and drillers may do in the project, each permission with its reason.

A predefined role is used if it neither reads records nor grants roles; otherwise its needed permissions are listed one
by one. Permissions and roles: https://cloud.google.com/iam/docs/roles-permissions. The grants on a stack's state are in
state.py. tests/infra/bootstrap/test_bootstrap_permissions.py compares the lists with the resources of the stacks.
"""

from collections.abc import Mapping
from dataclasses import dataclass

DEPLOYER_ROLES = {
    "roles/apigateway.admin": "creates the API, its configurations and the gateway",
    "roles/artifactregistry.admin": "creates the image repository and lets builds write to it",
    "roles/cloudfunctions.developer": "creates the functions",
    "roles/cloudscheduler.admin": "creates the schedule of the synthetic caller",
    "roles/datastore.backupSchedulesAdmin": "creates the backup schedules",
    "roles/datastore.indexAdmin": "creates indexes",
    "roles/logging.configWriter": "creates log-based metrics",
    "roles/monitoring.editor": "creates the dashboard, objectives, alerts and the uptime check",
    "roles/servicemanagement.editor": "API Gateway stores each configuration in a managed service",
    "roles/serviceusage.serviceUsageAdmin": "enables services and creates their service agents",
}
DEPLOYER_PERMISSIONS = {
    # Instead of roles/datastore.owner, which can read and delete records.
    "datastore.databases.create": "creates the database",
    "datastore.databases.list": "finds it",
    # Instead of roles/pubsub.admin, which can read and publish messages.
    "pubsub.subscriptions.create": "creates the subscriptions",
    "pubsub.subscriptions.delete": "deletes them with the stack",
    "pubsub.subscriptions.get": "compares them with the program",
    "pubsub.subscriptions.getIamPolicy": "lets Pub/Sub's service agent move dead letters",
    "pubsub.subscriptions.list": "finds them",
    "pubsub.subscriptions.setIamPolicy": "lets Pub/Sub's service agent move dead letters",
    "pubsub.subscriptions.update": "changes their backoffs and deadlines",
    "pubsub.topics.attachSubscription": "attaches the subscriptions to the topics",
    "pubsub.topics.create": "creates the topics",
    "pubsub.topics.delete": "deletes them with the stack",
    "pubsub.topics.get": "compares them with the program",
    "pubsub.topics.getIamPolicy": "lets the function generate publish",
    "pubsub.topics.list": "finds them",
    "pubsub.topics.setIamPolicy": "lets the function generate publish",
    "pubsub.topics.update": "changes their retention",
    # Instead of roles/run.admin, which can open a shell in an instance.
    "run.revisions.get": "reads which build a function runs",
    "run.services.get": "finds the Cloud Run services of the functions",
    "run.services.getIamPolicy": "lets the gateway and the push subscriptions call them",
    "run.services.setIamPolicy": "lets the gateway and the push subscriptions call them",
    # roles/storage.admin is granted for the stack's own buckets only, so creating one needs this permission.
    "storage.buckets.create": "creates the buckets of the archive and of the web page",
}
# Only for stacks with a private network or a domain. They hold for the whole project: who can change the URL map of
# another stack's domain receives its callers and their tokens.
NETWORK_DEPLOYER_ROLES = {
    "roles/certificatemanager.editor": "creates the certificate of an own domain",
    "roles/compute.networkAdmin": "creates the private network, and the load balancer of an own domain",
    "roles/compute.securityAdmin": "creates the firewall rules of the private network and the TLS policy of the domain",
    "roles/dns.admin": "creates the DNS zone of the private network",
}
DEPLOYER_DATABASE_PERMISSIONS = {  # only for the stack's own database
    "datastore.databases.delete": "deletes it with an unprotected stack",
    "datastore.databases.getMetadata": "compares it with the program",
    "datastore.databases.update": "changes its delete protection and point-in-time recovery",
}
_CHANGE = tuple(f"datastore.entities.{action}" for action in ("create", "get", "list", "update", "delete"))
# What a function does with records, as in functions/functions.toml -> the name of its custom role, and the permissions:
# all predefined roles allow too much. infra/deployment/components/database.py has the same.
RECORD_ROLES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "create-records": ("create-records", ("datastore.entities.create",)),
    "read-records": ("read-records", ("datastore.entities.get", "datastore.entities.list")),
    "delete-records": ("delete-records", _CHANGE),
    "store-dead-letters": ("keep-dead-letters", _CHANGE),
}

PREVIEWER_ROLES = {
    "roles/apigateway.viewer": "reads the API, its configurations and the gateway",
    "roles/artifactregistry.reader": "reads the image repository",
    "roles/certificatemanager.viewer": "reads the certificate of an own domain",
    "roles/cloudfunctions.viewer": "reads the functions",
    "roles/cloudscheduler.viewer": "reads the schedule of the synthetic caller",
    "roles/compute.networkViewer": "reads the private network, its firewall rules, and the load balancer",
    "roles/datastore.backupSchedulesViewer": "reads the backup schedules",
    "roles/dns.reader": "reads the DNS zone of the private network",
    "roles/iam.roleViewer": "reads the stack's custom roles, and the grants in the project",
    "roles/monitoring.viewer": "reads the dashboard, objectives, alerts and the uptime check",
    "roles/serviceusage.serviceUsageViewer": "reads which services are enabled",
}
PREVIEWER_PERMISSIONS = {
    "apikeys.keys.get": "reads the API key of a quota",
    "artifactregistry.repositories.getIamPolicy": "reads who may write images",
    "cloudkms.cryptoKeys.get": "reads the stack's encryption keys",
    "cloudkms.cryptoKeys.getIamPolicy": "reads who may use them",
    "cloudkms.keyRings.get": "reads their key ring",
    "datastore.backups.list": "reads when the newest backup was made, but no records",
    "datastore.databases.getMetadata": "reads the database's settings, but no records",
    "datastore.schemas.get": "reads the indexes",
    "iam.serviceAccounts.get": "reads the stack's service accounts",
    "logging.logMetrics.get": "reads log-based metrics, but no log lines",
    "pubsub.subscriptions.get": "reads the subscriptions",
    "pubsub.subscriptions.getIamPolicy": "reads who may move dead letters",
    "pubsub.topics.get": "reads the topics",
    "pubsub.topics.getIamPolicy": "reads who may publish",
    "run.revisions.get": "reads which build a function runs",
    "run.services.get": "reads the Cloud Run services of the functions",
    "run.services.getIamPolicy": "reads who may call them",
    "storage.buckets.get": "reads the buckets of the archive and of the web page",
}

KEY_READER_PERMISSIONS = {  # not for previews of code that nobody has reviewed
    "apikeys.keys.getKeyString": "the provider reads it together with the key",
}

DRILLER_ROLES = {
    "roles/datastore.restoreAdmin": "restores a backup into a new database",
    "roles/datastore.viewer": "compares the records of both databases",
}
DRILLER_PERMISSIONS = {  # only for databases that a drill created
    "datastore.databases.delete": "deletes the restored database",
    "datastore.databases.getMetadata": "reads whether it has the delete protection of the original database",
    "datastore.databases.update": "removes that protection",
    "datastore.operations.cancel": "cancels a restore if the drill is interrupted",
}


@dataclass(frozen=True)
class PermissionSet:
    """What the service accounts of one kind may do in the project."""

    roles: Mapping[str, str]  # predefined role -> reason
    permissions: Mapping[str, str]  # single permission -> reason


DEPLOYER = PermissionSet(DEPLOYER_ROLES, DEPLOYER_PERMISSIONS)
DATABASE_DEPLOYER = PermissionSet({}, DEPLOYER_DATABASE_PERMISSIONS)
PREVIEWER = PermissionSet(PREVIEWER_ROLES, PREVIEWER_PERMISSIONS)
KEY_READER = PermissionSet({}, KEY_READER_PERMISSIONS)
DRILLER = PermissionSet(DRILLER_ROLES, DRILLER_PERMISSIONS)


def own_buckets_condition(prefix: str) -> str:
    """Limits a grant on all buckets to those that a stack with this prefix creates."""
    names = [f"{prefix}-{component}-" for component in ("source", "page")]
    return " || ".join(f'resource.name.startsWith("projects/_/buckets/{name}")' for name in names)


def drill_databases_condition() -> str:
    """Limits a grant on all databases to those of drills (cli/data_api/ops/drill/temporary_database.py)."""
    return 'resource.name.extract("/databases/{live}-drill-") != ""'


def own_database_condition(project: str, database: str) -> str:
    """Limits a grant on all databases to one."""
    path = f"projects/{project}/databases/{database}"
    return f'resource.type == "firestore.googleapis.com/Database" && resource.name == "{path}"'


def source_copies_condition() -> str:
    """Limits a grant on all buckets to the one in which Cloud Functions keeps copies of the archives."""
    return 'resource.name.startsWith("projects/_/buckets/gcf-v2-sources-")'
