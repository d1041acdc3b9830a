"""The Google services that a deployment needs.

Imports nothing, so that `data-api doctor` can read it without Pulumi.
"""

SERVICES = (
    "apigateway",
    "artifactregistry",
    "cloudbuild",
    "cloudfunctions",
    "cloudresourcemanager",
    "firestore",
    "iam",
    "logging",
    "monitoring",
    "pubsub",
    "run",
    "servicecontrol",
    "servicemanagement",
    "storage",
)
NETWORK_SERVICES = ("compute", "dns")
# No function has an event trigger, but Eventarc's service agent must be able to use the functions' key.
KEY_SERVICES = ("cloudkms", "eventarc")
QUOTA_SERVICES = ("apikeys",)
DOMAIN_SERVICES = ("certificatemanager", "compute")
SCHEDULE_SERVICES = ("cloudscheduler",)
TRACE_SERVICES = ("cloudtrace", "telemetry")  # telemetry receives the spans, cloudtrace stores and shows them
