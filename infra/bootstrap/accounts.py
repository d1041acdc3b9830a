"""Creates the service accounts that a stack runs as, their custom roles and their grants in the project.

They are made here, by a person, so that a deployer needs no permission to create roles, to grant roles in the project
or to act as any account but these. infra/deployment makes the same for a stack without a preparation;
tests/infra/bootstrap/test_bootstrap_accounts.py compares both. Destroying the component stops the stack's functions.
"""

import tomllib
from pathlib import Path

import pulumi
import pulumi_gcp as gcp

from permissions import RECORD_ROLES, own_database_condition, source_copies_condition
from settings import Settings

_FUNCTIONS = Path(__file__).parents[2] / "functions" / "functions.toml"
_OTHERS = {
    "build": "builds the functions",
    "dead-push": "Pub/Sub's pushes of dead letters",
    "gateway": "the gateway",
    "push": "Pub/Sub's pushes",
    "schedule": "Cloud Scheduler's calls",
}


class StackAccounts(pulumi.ComponentResource):
    """The accounts of one stack, each of which its deployer may act as."""

    def __init__(
        self, stack: str, settings: Settings, deployer: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("dataapi:bootstrap:StackAccounts", stack, None, opts)
        self._stack, self._settings, self._deployer = stack, settings, deployer
        self._prefix = settings.prefix(stack)
        self._child_options = pulumi.ResourceOptions(parent=self)
        accounts = {name: self._create(name, title) for name, title in _OTHERS.items()}
        self._grant("build-writes-logs", "roles/logging.logWriter", accounts["build"])
        self._grant(
            "build-reads-source",
            "roles/storage.objectViewer",
            accounts["build"],
            {"title": "Sources of functions", "expression": source_copies_condition()},
        )
        roles = {permission: self._create_role(permission) for permission in RECORD_ROLES}
        functions = tomllib.loads(_FUNCTIONS.read_text("utf-8"))
        for name, declared in functions.items():
            account = self._create(name, f"the function {name}")
            self._grant(f"{name}-writes-traces", "roles/telemetry.tracesWriter", account)
            if declared["may"] in roles:
                self._grant_records(name, account, roles[declared["may"]])
        self.register_outputs({})

    def _create(self, name: str, title: str) -> gcp.serviceaccount.Account:
        account = gcp.serviceaccount.Account(
            f"{self._stack}-{name}",
            account_id=f"{self._prefix}-{name}",
            display_name=f"{self._prefix}: {title}",
            opts=self._child_options,
        )
        gcp.serviceaccount.IAMMember(
            f"{self._stack}-deploy-acts-as-{name}",
            service_account_id=account.name,
            role="roles/iam.serviceAccountUser",
            member=self._deployer,
            opts=self._child_options,
        )
        return account

    def _create_role(self, permission: str) -> gcp.projects.IAMCustomRole:
        action, permissions = RECORD_ROLES[permission]
        return gcp.projects.IAMCustomRole(
            f"{self._stack}-{action}",
            project=self._settings.project,
            role_id=f"{self._prefix}_{action}".replace("-", "_"),
            title=f"{self._prefix}: {action.replace('-', ' ')}",
            permissions=list(permissions),
            opts=self._child_options,
        )

    def _grant_records(self, name: str, account: gcp.serviceaccount.Account, role: gcp.projects.IAMCustomRole) -> None:
        database = self._settings.database(self._stack)
        condition = {
            "title": f"{database} only",
            "expression": own_database_condition(self._settings.project, database),
        }
        self._grant(f"{name}-records", role.name, account, condition)

    def _grant(
        self,
        name: str,
        role: pulumi.Input[str],
        account: gcp.serviceaccount.Account,
        condition: dict[str, str] | None = None,
    ) -> None:
        gcp.projects.IAMMember(
            f"{self._stack}-{name}",
            project=self._settings.project,
            role=role,
            member=account.member,
            condition=gcp.projects.IAMMemberConditionArgs(**condition) if condition else None,
            opts=self._child_options,
        )
