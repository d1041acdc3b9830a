"""Creates the service accounts of the pipeline's jobs, their custom roles and their grants in the project.

Grants that would reach too far have a condition. The lists of permissions are in permissions.py; federation.py decides
which jobs may act as an account. Google cannot limit the grants for Pub/Sub, Cloud Run and API Gateway to one stack: if
dev's deployer must not reach prod, use two projects (docs/decisions/0016-who-grants.md). Destroying the components
locks the pipeline out.
"""

from collections.abc import Mapping

import pulumi
import pulumi_gcp as gcp

from permissions import (
    NETWORK_DEPLOYER_ROLES,
    PermissionSet,
    drill_databases_condition,
    own_buckets_condition,
    own_database_condition,
)
from settings import Settings


class Role(pulumi.ComponentResource):
    """A permission set, with a custom role for its single permissions."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        permission_set: PermissionSet,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("dataapi:bootstrap:Role", name, None, opts)
        self.permission_set = permission_set
        role = gcp.projects.IAMCustomRole(
            name,
            project=settings.project,
            role_id=f"{settings.name_prefix.replace('-', '_')}_{name}",
            title=f"Data API: {name}",
            description="Created by infra/bootstrap/permissions.py, which has the reason for each permission.",
            permissions=sorted(permission_set.permissions),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.name = role.name
        self.register_outputs({"name": self.name})


class Identity(pulumi.ComponentResource):
    """A service account for one stack, and its grants in the project."""

    def __init__(self, name: str, settings: Settings, title: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("dataapi:bootstrap:Identity", name, None, opts)
        self._settings = settings
        self._child_options = pulumi.ResourceOptions(parent=self)
        self.account = gcp.serviceaccount.Account(
            name,
            account_id=f"{settings.name_prefix}-{name}",
            display_name=f"Data API: {title}",
            opts=self._child_options,
        )
        self.register_outputs({"email": self.account.email})

    def grant_deploy(self, stack: str, role: Role, database_role: Role) -> None:
        """Grants what `pulumi up` needs for a stack whose accounts exist (accounts.py)."""
        self._grant_all(role)
        own_buckets = {"title": f"Of {stack} only", "expression": own_buckets_condition(self._settings.prefix(stack))}
        self._grant("own-buckets", "roles/storage.admin", own_buckets)
        database = self._settings.database(stack)
        own_database = {
            "title": f"{database} only",
            "expression": own_database_condition(self._settings.project, database),
        }
        self._grant("own-database", database_role.name, own_database)
        networks = NETWORK_DEPLOYER_ROLES if stack in self._settings.network_stacks else ()
        for role_name in (*networks, *self._settings.further_roles):
            self._grant(role_name.removeprefix("roles/"), role_name)

    def grant_preview(self, stack: str, role: Role) -> None:
        """Grants what `pulumi preview` needs for a stack."""
        self._grant_all(role)
        condition = {"title": f"Of {stack} only", "expression": own_buckets_condition(self._settings.prefix(stack))}
        self._grant("own-buckets", "roles/storage.objectViewer", condition)

    def grant_keys(self, role: Role) -> None:
        """Grants what a comparison with the cloud needs in addition, for a stack with API keys."""
        self._grant("keys", role.name)

    def grant_drill(self, role: Role) -> None:
        """Grants what a drill needs: to restore a backup and to delete the restored database."""
        self._grant_all(role, {"title": "Of drills only", "expression": drill_databases_condition()})

    def _grant_all(self, role: Role, condition: Mapping[str, str] | None = None) -> None:
        """Grants a permission set; the condition limits only the custom role."""
        self._grant("all-else", role.name, condition)
        for role_name in role.permission_set.roles:
            self._grant(role_name.removeprefix("roles/"), role_name)

    def _grant(self, name: str, role: pulumi.Input[str], condition: Mapping[str, str] | None = None) -> None:
        gcp.projects.IAMMember(
            f"{self.pulumi_resource_name}-{name}",
            project=self._settings.project,
            role=role,
            member=self.account.member,
            condition=gcp.projects.IAMMemberConditionArgs(**condition) if condition else None,
            opts=self._child_options,
        )
