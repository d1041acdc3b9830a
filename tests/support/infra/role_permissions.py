"""The permissions by which an identity can become more than it is, or reach data, and the roles that have them."""

from collections.abc import Mapping

ACT_AS = ("iam.serviceAccounts.actAs", "iam.serviceAccounts.getAccessToken", "iam.serviceAccounts.setIamPolicy")
GRANT_IN_PROJECT = "resourcemanager.projects.setIamPolicy"
CHANGE_ROLES = "iam.roles.update"
# How a permission in the whole project leads to a stack's data; no condition can limit these to one stack.
UNLIMITED = {
    "apigateway.gateways.update": "sends callers to functions of its own",
    "compute.urlMaps.update": "sends callers of the domain to a server of its own",
    "pubsub.subscriptions.consume": "receives messages",
    "pubsub.subscriptions.setIamPolicy": "lets itself receive messages",
    "pubsub.topics.attachSubscription": "receives messages through a subscription of its own",
    "pubsub.topics.setIamPolicy": "lets itself publish messages",
    "run.services.setIamPolicy": "lets itself call the functions, in the name of any user",
}
DATABASE_READS, OBJECT_READS, SECRET_READS = (
    "datastore.entities.get",
    "storage.objects.get",
    "cloudkms.cryptoKeyVersions.useToDecrypt",
)
# Of each predefined role that is granted, the permissions that a chain can use. A role that is missing is an error.
# https://cloud.google.com/iam/docs/roles-permissions
ROLES: Mapping[str, frozenset[str]] = {
    "roles/apigateway.admin": frozenset({"apigateway.gateways.update"}),
    "roles/compute.networkAdmin": frozenset({"compute.urlMaps.update"}),
    "roles/cloudkms.cryptoKeyDecrypter": frozenset({SECRET_READS}),
    "roles/cloudkms.cryptoKeyEncrypterDecrypter": frozenset({SECRET_READS}),
    "roles/datastore.viewer": frozenset({DATABASE_READS}),
    "roles/iam.roleAdmin": frozenset({CHANGE_ROLES}),
    "roles/iam.serviceAccountUser": frozenset({"iam.serviceAccounts.actAs"}),
    "roles/iam.workloadIdentityUser": frozenset({"iam.serviceAccounts.getAccessToken"}),
    "roles/resourcemanager.projectIamAdmin": frozenset({GRANT_IN_PROJECT}),
    "roles/storage.admin": frozenset({OBJECT_READS}),
    "roles/storage.objectUser": frozenset({OBJECT_READS}),
    "roles/storage.objectViewer": frozenset({OBJECT_READS}),
    **dict.fromkeys(
        (
            # Images are run by their digest, so a new image in another's repository is not run.
            *("roles/artifactregistry.admin", "roles/artifactregistry.reader", "roles/artifactregistry.writer"),
            # To change a function needs actAs on the account that it runs as.
            *("roles/certificatemanager.editor", "roles/certificatemanager.viewer"),
            # A job of Cloud Scheduler calls with the tokens of accounts that its owner may act as.
            *("roles/cloudscheduler.admin", "roles/cloudscheduler.viewer"),
            *("roles/cloudfunctions.developer", "roles/cloudfunctions.viewer", "roles/apigateway.viewer"),
            *("roles/compute.networkViewer", "roles/compute.securityAdmin"),
            *("roles/datastore.backupSchedulesAdmin", "roles/datastore.backupSchedulesViewer"),
            *("roles/datastore.indexAdmin", "roles/datastore.restoreAdmin", "roles/dns.admin", "roles/dns.reader"),
            *("roles/iam.roleViewer", "roles/logging.configWriter", "roles/logging.logWriter"),
            *("roles/monitoring.editor", "roles/monitoring.viewer", "roles/servicemanagement.editor"),
            *("roles/serviceusage.serviceUsageAdmin", "roles/serviceusage.serviceUsageViewer"),
            "roles/telemetry.tracesWriter",
        ),
        frozenset[str](),
    ),
}
ANY = frozenset({*ACT_AS, GRANT_IN_PROJECT, CHANGE_ROLES, *UNLIMITED, DATABASE_READS, OBJECT_READS, SECRET_READS})
