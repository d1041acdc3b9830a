"""Lets jobs of one GitHub repository act as service accounts, by Workload Identity Federation, without keys.

Accepts only tokens that GitHub made for jobs of this repository, by its ID, in an environment of one of the stacks, and
on the one branch. Only previews of the stacks in `pullRequests` run on any branch, before a review. Who must approve a
job before it enters an environment is set in GitHub. Destroying the component locks the pipeline out; the name of the
pool can be used again only after 30 days
(https://cloud.google.com/iam/docs/manage-workload-identity-pools-providers).
"""

import json

import pulumi
import pulumi_gcp as gcp

from settings import Settings

ISSUER = "https://token.actions.githubusercontent.com"


class Federation(pulumi.ComponentResource):
    """The workload identity pool, with GitHub as its only provider."""

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
                # Not GitHub's own subject: it contains names, which can change and be longer than Google's 127 bytes.
                "google.subject": 'assertion.repository_id + "/" + assertion.environment',
                "attribute.environment": "assertion.environment",
            },
            attribute_condition=token_condition(settings),
            oidc={"issuer_uri": ISSUER},
            opts=self._inside,
        )
        self.provider = provider.name
        self.register_outputs({"provider": self.provider})

    def grant_impersonation(self, account: gcp.serviceaccount.Account, name: str, environment: str) -> None:
        """Allows the jobs of an environment to act as a service account."""
        gcp.serviceaccount.IAMMember(
            f"{environment}-acts-as-{name}",
            service_account_id=account.name,
            role="roles/iam.workloadIdentityUser",
            member=pulumi.Output.concat(
                "principalSet://iam.googleapis.com/", self._pool.name, f"/attribute.environment/{environment}"
            ),
            opts=self._inside,
        )


def deploy_environment(stack: str) -> str:
    """The environment in GitHub whose jobs deploy a stack."""
    return stack


def preview_environment(stack: str) -> str:
    """The environment whose jobs only read a stack."""
    return f"{stack}-preview"


def drill_environment(stack: str) -> str:
    """The environment whose jobs restore backups of a stack."""
    return f"{stack}-drill"


def token_condition(settings: Settings) -> str:
    """The condition for accepted tokens, in the Common Expression Language; a token without environment fails it."""
    before_review = [preview_environment(stack) for stack in settings.pull_request_stacks]
    after_review = [
        *map(deploy_environment, settings.stacks),
        *map(drill_environment, settings.drill_stacks),
        *(environment for environment in map(preview_environment, settings.stacks) if environment not in before_review),
    ]
    on_branch = (
        f'(assertion.environment in {json.dumps(after_review)} && assertion.ref == "refs/heads/{settings.branch}")'
    )
    anywhere = f"assertion.environment in {json.dumps(before_review)} || " if before_review else ""
    return (
        f'assertion.repository_owner_id == "{settings.owner_id}" && '
        f'assertion.repository_id == "{settings.repository_id}" && '
        f"({anywhere}{on_branch})"
    )
