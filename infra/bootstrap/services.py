"""Turns on the Google services without which nobody could be let in.

All that the stacks use they turn on themselves: a stack that a person deploys by hand needs nothing of this program.
Destroying this leaves them on: something else in the project may use them.
"""

import pulumi
import pulumi_gcp as gcp

SERVICES = {
    "cloudkms": "the keys of the stacks' secrets",
    "cloudresourcemanager": "grants on the project",
    "iam": "identities, roles and the pool",
    "iamcredentials": "the tokens of a deployer, which a job asks for",
    "serviceusage": "turning on all others",
    "storage": "the stacks' states",
    "sts": "turning a token of GitHub's into one of Google's",
}


class Services(pulumi.ComponentResource):
    """The services of `SERVICES`, turned on in the project."""

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
