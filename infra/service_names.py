"""Names of the Google services that a deployment uses, and of its functions.

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
KEY_SERVICES = (
    "cloudkms",
    "eventarc",
)  # no function here has event triggers, but Eventarc's service agent uses the key
QUOTA_SERVICES = ("apikeys",)
TRACE_SERVICES = ("cloudtrace", "telemetry")  # telemetry receives the spans, cloudtrace stores and shows them

FUNCTIONS = ("generate", "persist", "present", "dead-letter")
