"""The permissions that a deployment needs, by service and role, and the policies of the organization that it needs.

tests/infra/test_doctor_needs.py checks that every service that the infrastructure enables has an entry.
"""

from collections.abc import Mapping
from dataclasses import dataclass

# By role, its permissions that a deployment uses; https://cloud.google.com/iam/docs/roles-permissions
Roles = Mapping[str, tuple[str, ...]]

ALWAYS: Roles = {"roles/serviceusage.serviceUsageAdmin": ("serviceusage.services.enable",)}

PERMISSIONS: Mapping[str, Roles] = {
    "apikeys": {"roles/serviceusage.apiKeysAdmin": ("apikeys.keys.create",)},
    "apigateway": {
        "roles/apigateway.admin": (
            "apigateway.apiconfigs.create",
            "apigateway.apis.create",
            "apigateway.gateways.create",
            "apigateway.gateways.update",
        )
    },
    "artifactregistry": {
        "roles/artifactregistry.admin": (
            "artifactregistry.repositories.create",
            "artifactregistry.repositories.setIamPolicy",
        )
    },
    "billingbudgets": {},  # its permissions are on the billing account, not on the project
    "certificatemanager": {
        "roles/certificatemanager.editor": (
            "certificatemanager.certmaps.create",
            "certificatemanager.certs.create",
            "certificatemanager.dnsauthorizations.create",
        )
    },
    "cloudbuild": {},  # Cloud Functions uses it with the build's own account
    "cloudfunctions": {
        "roles/cloudfunctions.developer": ("cloudfunctions.functions.create", "cloudfunctions.functions.update")
    },
    "cloudkms": {
        "roles/cloudkms.admin": (
            "cloudkms.cryptoKeys.create",
            "cloudkms.cryptoKeys.setIamPolicy",
            "cloudkms.keyRings.create",
        )
    },
    "cloudresourcemanager": {
        "roles/resourcemanager.projectIamAdmin": (
            "resourcemanager.projects.getIamPolicy",
            "resourcemanager.projects.setIamPolicy",
        )
    },
    "cloudtrace": {},  # only the functions write there
    "cloudscheduler": {"roles/cloudscheduler.admin": ("cloudscheduler.jobs.create",)},
    "compute": {
        "roles/compute.networkAdmin": (
            "compute.networks.create",
            "compute.routes.create",
            "compute.subnetworks.create",
        ),
        "roles/compute.securityAdmin": ("compute.firewalls.create",),
    },
    "dns": {"roles/dns.admin": ("dns.managedZones.create", "dns.resourceRecordSets.create")},
    "eventarc": {},  # only its service agent is created
    "firestore": {
        "roles/datastore.owner": (
            "datastore.backupSchedules.create",
            "datastore.databases.create",
            "datastore.schemas.update",
        )
    },
    "iam": {
        "roles/iam.roleAdmin": ("iam.roles.create",),
        "roles/iam.serviceAccountAdmin": ("iam.serviceAccounts.create",),
        "roles/iam.serviceAccountUser": ("iam.serviceAccounts.actAs",),
    },
    "iamcredentials": {},  # only the login of the delivery pipeline uses it
    "logging": {"roles/logging.configWriter": ("logging.logMetrics.create",)},
    "monitoring": {
        "roles/monitoring.admin": (
            "monitoring.alertPolicies.create",
            "monitoring.dashboards.create",
            "monitoring.notificationChannels.create",
            "monitoring.services.create",
            "monitoring.uptimeCheckConfigs.create",
        )
    },
    "pubsub": {
        "roles/pubsub.admin": (
            "pubsub.subscriptions.create",
            "pubsub.subscriptions.setIamPolicy",
            "pubsub.topics.create",
            "pubsub.topics.setIamPolicy",
        )
    },
    "run": {"roles/run.admin": ("run.services.getIamPolicy", "run.services.setIamPolicy")},
    "secretmanager": {"roles/secretmanager.admin": ("secretmanager.secrets.create",)},
    "servicecontrol": {},  # API Gateway uses it
    "servicemanagement": {},  # as servicecontrol
    "serviceusage": {},  # see ALWAYS
    "storage": {"roles/storage.admin": ("storage.buckets.create", "storage.objects.create")},
    "sts": {},  # as iamcredentials
    "telemetry": {},  # as cloudtrace
}


@dataclass(frozen=True, slots=True)
class PolicyRequirement:
    """What the stack requires of a policy of the organization.

    The policy must allow all `values`; a policy without values must not be enforced.
    """

    constraint: str
    reason: str  # why the stack requires it, as in "… is enforced, but …"
    values: tuple[str, ...] | None = None


# https://docs.cloud.google.com/organization-policy/reference/org-policy-constraints
# `policies.py` adds the requirements that depend on the stack (its region, its services).
CONSTRAINTS = (
    PolicyRequirement("iam.disableServiceAccountCreation", "each function has its own service account"),
    PolicyRequirement(
        "run.allowedIngress",
        "the gateway calls the functions from outside, Pub/Sub from inside",
        ("all", "internal"),
    ),
    PolicyRequirement(
        "cloudfunctions.allowedIngressSettings",
        "the gateway calls the functions from outside, Pub/Sub from inside",
        ("ALLOW_ALL", "ALLOW_INTERNAL_ONLY"),
    ),
    PolicyRequirement(
        "cloudfunctions.restrictAllowedGenerations", "the functions are of the second generation", ("2ndGen",)
    ),
)
# The services that an organization may forbid, or allow only with its own keys; it cannot restrict the others.
RESTRICTABLE = ("artifactregistry", "cloudbuild", "cloudfunctions", "firestore", "pubsub", "run", "storage")
