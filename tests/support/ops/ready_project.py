"""What Google and Pulumi answer for a project that is ready for a deployment."""

from importlib import metadata
from typing import Any

PROJECT, REGION = "drilled", "us-central1"
DATABASE = "data-api-dev"
PLUGIN = metadata.version("pulumi-gcp")
BUCKET = "storage/storage/v1/b/state"
KEY = "projects/keys/locations/global/keyRings/ring/cryptoKeys/key"

Json = Any

OTHER_CONSTRAINTS = (
    "gcp.resourceLocations",
    "gcp.restrictServiceUsage",
    "gcp.restrictNonCmekServices",
    "iam.allowedPolicyMemberDomains",
)


def answers_of_ready_project(services: tuple[str, ...]) -> dict[tuple[str, str], Json]:
    """By method and path, for a stack that uses these services."""
    on = [{"name": f"projects/123/services/{service}.googleapis.com", "state": "ENABLED"} for service in services]
    first = {"services": on[:3], "nextPageToken": "more"}
    rest = {"services": [*on[3:], enabled_service("serviceusage")]}
    return {
        ("GET", f"cloudresourcemanager/v3/projects/{PROJECT}"): {"name": "projects/123", "state": "ACTIVE"},
        ("GET", f"cloudbilling/v1/projects/{PROJECT}/billingInfo"): {"billingEnabled": True},
        ("GET", f"serviceusage/v1/projects/{PROJECT}/services"): lambda call: (
            rest if "pageToken" in call.parameters else first
        ),
        ("POST", f"cloudresourcemanager/v3/projects/{PROJECT}:testIamPermissions"): lambda call: call.body,
        ("GET", BUCKET): {"name": "state", "versioning": {"enabled": True}},
        ("GET", f"{BUCKET}/iam/testPermissions"): lambda call: {"permissions": call.parameters["permissions"]},
        ("POST", f"cloudkms/v1/{KEY}:testIamPermissions"): lambda call: call.body,
    }


def enabled_service(name: str) -> Json:
    return {"name": f"projects/123/services/{name}.googleapis.com", "state": "ENABLED"}
