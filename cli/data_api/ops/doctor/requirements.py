"""Lists what a deployment needs, service by service: permissions with the role that brings them, and policies.

Owns these tables and nothing else. That every service which the infrastructure turns on has its line is held by
tests/infra/test_doctor_needs.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass

# Role -> permissions of it that a deployment uses; https://cloud.google.com/iam/docs/roles-permissions
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
    "billingbudgets": {},  # its rights are the billing account's, not the project's
    "cloudbuild": {},  # Cloud Functions builds, with the build's own account
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
    "compute": {
        "roles/compute.networkAdmin": (
            "compute.networks.create",
            "compute.routes.create",
            "compute.subnetworks.create",
        ),
        "roles/compute.securityAdmin": ("compute.firewalls.create",),
    },
    "dns": {"roles/dns.admin": ("dns.managedZones.create", "dns.resourceRecordSets.create")},
    "eventarc": {},  # only Google's agent for it is made
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
    "iamcredentials": {},  # used at the login of the delivery pipeline, by Google's own rules
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
    "servicemanagement": {},  # the same
    "serviceusage": {},  # ALWAYS
    "storage": {"roles/storage.admin": ("storage.buckets.create", "storage.objects.create")},
    "sts": {},  # as iamcredentials
    "telemetry": {},  # as cloudtrace
}


@dataclass(frozen=True, slots=True)
class Forbids:
    """A policy of the organization that, set, forbids what the stack declares.

    `values` must all be allowed; None: the policy is on or off, and must be off.
    """

    constraint: str
    what: str
    values: tuple[str, ...] | None = None


# https://docs.cloud.google.com/organization-policy/reference/org-policy-constraints
# The values that depend on the stack (its region, its services) are filled in by `policies.py`.
CONSTRAINTS = (
    Forbids("iam.disableServiceAccountCreation", "each function has a service account of its own"),
    Forbids(
        "run.allowedIngress",
        "the gateway reaches the functions from outside, Pub/Sub from inside",
        ("all", "internal"),
    ),
    Forbids(
        "cloudfunctions.allowedIngressSettings",
        "the gateway reaches the functions from outside, Pub/Sub from inside",
        ("ALLOW_ALL", "ALLOW_INTERNAL_ONLY"),
    ),
    Forbids("cloudfunctions.restrictAllowedGenerations", "the functions are of the second generation", ("2ndGen",)),
)
# What the organization may restrict of these as services, or to keys of its own; the others it cannot do without.
RESTRICTABLE = ("artifactregistry", "cloudbuild", "cloudfunctions", "firestore", "pubsub", "run", "storage")
