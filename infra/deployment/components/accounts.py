"""Gives a component its service account: a new one, or the one that the preparation has created for the stack.

In a prepared project (the setting `prepared`) infra/bootstrap has created the accounts, their custom roles and their
grants in the project, so that the deployer needs no permission for any of these: docs/decisions/0016-who-grants.md.
"""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from deployment.configuration import Environment


@dataclass(frozen=True)
class Account:
    """A service account."""

    id: pulumi.Input[str]  # the full name: projects/…/serviceAccounts/…
    email: pulumi.Input[str]
    member: pulumi.Input[str]  # in IAM's syntax


def service_account(environment: Environment, name: str, title: str, child_options: pulumi.ResourceOptions) -> Account:
    """The account of the stack with this name."""
    if environment.prepared:
        email = account_email(environment, name)
        return Account(f"projects/{environment.project}/serviceAccounts/{email}", email, f"serviceAccount:{email}")
    account = gcp.serviceaccount.Account(
        name,
        account_id=_account_id(environment, name),
        display_name=f"{environment.prefix}: {title}",
        opts=child_options,
    )
    return Account(account.id, account.email, account.member)


def account_email(environment: Environment, name: str) -> str:
    """The address of the stack's account with this name, whether it exists already or not."""
    return f"{_account_id(environment, name)}@{environment.project}.iam.gserviceaccount.com"


def _account_id(environment: Environment, name: str) -> str:
    return f"{environment.prefix}-{name}"
