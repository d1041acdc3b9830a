"""Lets jobs of one GitHub repository act as identities of the project, without a key that could be stolen.

Owns which tokens of GitHub's are accepted: those made for a job of this repository, by its number, in one of the
environments that belong to the stacks; and to do more than look, on the one branch. Who has to agree before a job
enters an environment is set at GitHub. Destroying this locks the pipeline out; the name of the pool is free again only
after 30 days (https://cloud.google.com/iam/docs/manage-workload-identity-pools-providers).
"""

import json

import pulumi
import pulumi_gcp as gcp

from settings import Settings

ISSUER = "https://token.actions.githubusercontent.com"


class Federation(pulumi.ComponentResource):
    """The pool, and GitHub as the one provider in it."""

    def __init__(self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("dataapi:bootstrap:Federation", name, None, opts)
        self._inside = pulumi.ResourceOptions(parent=self)
        self._pool = gcp.iam.WorkloadIdentityPool(
            name,
            workload_identity_pool_id="data-api",
            display_name="Data API's pipeline",
            opts=self._inside,
        )
        provider = gcp.iam.WorkloadIdentityPoolProvider(
            name,
            workload_identity_pool_id=self._pool.workload_identity_pool_id,
            workload_identity_pool_provider_id="github",
            display_name="GitHub Actions",
            attribute_mapping={
                # GitHub's own subject holds names: they change, and may be longer than the 127 bytes Google takes.
                "google.subject": 'assertion.repository_id + "/" + assertion.environment',
                "attribute.environment": "assertion.environment",
            },
            attribute_condition=believed(settings),
            oidc={"issuer_uri": ISSUER},
            opts=self._inside,
        )
        self.provider = provider.name
        self.register_outputs({"provider": self.provider})

    def let_act_as(self, account: gcp.serviceaccount.Account, name: str, environment: str) -> None:
        """Lets the jobs of an environment act as a service account."""
        gcp.serviceaccount.IAMMember(
            f"{environment}-acts-as-{name}",
            service_account_id=account.name,
            role="roles/iam.workloadIdentityUser",
            member=pulumi.Output.concat(
                "principalSet://iam.googleapis.com/", self._pool.name, f"/attribute.environment/{environment}"
            ),
            opts=self._inside,
        )


def deploys(stack: str) -> str:
    """The environment whose jobs deploy a stack."""
    return stack


def previews(stack: str) -> str:
    """The environment whose jobs only look."""
    return f"{stack}-preview"


def drills(stack: str) -> str:
    """The environment whose jobs restore backups."""
    return f"{stack}-drill"


def believed(settings: Settings) -> str:
    """The condition on a token, in the Common Expression Language; one without an environment fails it."""
    doing = json.dumps([*map(deploys, settings.stacks), *map(drills, settings.drilled)])
    previewing = json.dumps([*map(previews, settings.stacks)])
    return (
        f'assertion.repository_owner_id == "{settings.owner}" && assertion.repository_id == "{settings.repository}" && '
        f"(assertion.environment in {previewing} || "
        f'(assertion.environment in {doing} && assertion.ref == "refs/heads/{settings.branch}"))'
    )
