"""Enables the Google services (APIs) that this program needs.

Each stack enables what it uses itself: a stack that a person deploys by hand needs nothing of this program. Destroying
the component does not disable them: other users of the project may need them.
"""

import pulumi
import pulumi_gcp as gcp

SERVICES = {  # service -> what it is needed for
    "cloudkms": "the keys that encrypt the stacks' secrets",
    "cloudresourcemanager": "grants on the project",
    "iam": "service accounts, roles and the workload identity pool",
    "iamcredentials": "the tokens that a job requests for a service account",
    "logging": "the retention of logs",
    "serviceusage": "enabling the other services",
    "storage": "the buckets of the stacks' states",
    "sts": "exchanging a token of GitHub for one of Google",
}


class Services(pulumi.ComponentResource):
    """The enabled services."""

    def __init__(self, name: str) -> None:
        super().__init__("dataapi:bootstrap:Services", name)
        for service in SERVICES:
            gcp.projects.Service(
                service,
                service=f"{service}.googleapis.com",
                disable_on_destroy=False,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})
