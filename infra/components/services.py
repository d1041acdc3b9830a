"""Turns on the Google services that a deployment uses.

Everything else waits for them, so that the first `pulumi up` in a new project works. Destroying the stack leaves them
on: something else in the project may use them.
"""

import pulumi
import pulumi_gcp as gcp

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


class Services(pulumi.ComponentResource):
    """The services of `SERVICES`, turned on in the stack's project."""

    def __init__(self, name: str) -> None:
        super().__init__("dataapi:infra:Services", name)
        for service in SERVICES:
            gcp.projects.Service(
                service,
                service=f"{service}.googleapis.com",
                disable_on_destroy=False,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})
