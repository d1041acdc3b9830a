"""Gives a pipeline's jobs an identity: a service account, and what it may do in the project.

Owns how a list of permissions becomes grants, and the conditions on those that would reach too far. The lists are in
`permissions`; whose jobs may act as the account, `federation` says. Google has no way to narrow most of these
grants to one
stack: where dev's deployer must not reach prod, use two projects. Destroying this locks the pipeline out.
"""

from collections.abc import Mapping

import pulumi
import pulumi_gcp as gcp

from permissions import Duty, grantable, of_drills, own_buckets
from settings import Settings


class Role(pulumi.ComponentResource):
    """A duty, and the permissions of it that no role of Google's has without others."""

    def __init__(self, name: str, settings: Settings, duty: Duty, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("dataapi:bootstrap:Role", name, None, opts)
        self.duty = duty
        role = gcp.projects.IAMCustomRole(
            name,
            project=settings.project,
            role_id=f"data_api_{name}",
            title=f"Data API: {name}",
            description="Made by infra/bootstrap, where each permission has its reason.",
            permissions=sorted(duty.permissions),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.name = role.name
        self.register_outputs({"name": self.name})


class Identity(pulumi.ComponentResource):
    """A service account for one stack, and its grants."""

    def __init__(self, name: str, settings: Settings, title: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("dataapi:bootstrap:Identity", name, None, opts)
        self._settings = settings
        self._inside = pulumi.ResourceOptions(parent=self)
        self.account = gcp.serviceaccount.Account(
            name, account_id=f"data-api-{name}", display_name=f"Data API: {title}", opts=self._inside
        )
        self.register_outputs({"email": self.account.email})

    def let_deploy(self, stack: str, role: Role) -> None:
        """Grants what changes a stack."""
        self._grant_all(role)
        self._grant(
            "own-buckets", "roles/storage.admin", {"title": f"Of {stack} only", "expression": own_buckets(stack)}
        )
        limits = grantable(self._settings.project, stack)
        self._grant(
            "hands-out-roles",
            "roles/resourcemanager.projectIamAdmin",
            {"title": f"Roles of {stack} only", "expression": limits},
        )
        for further in self._settings.further_roles:
            self._grant(further.removeprefix("roles/"), further)

    def let_preview(self, stack: str, role: Role) -> None:
        """Grants what compares a stack with what is declared."""
        self._grant_all(role)
        condition = {"title": f"Of {stack} only", "expression": own_buckets(stack)}
        self._grant("own-buckets", "roles/storage.objectViewer", condition)

    def let_drill(self, role: Role) -> None:
        """Grants what restores a backup and deletes what it has restored."""
        self._grant_all(role, {"title": "Of drills only", "expression": of_drills()})

    def _grant_all(self, role: Role, condition: Mapping[str, str] | None = None) -> None:
        self._grant("all-else", role.name, condition)
        for role_name in role.duty.roles:
            self._grant(role_name.removeprefix("roles/"), role_name)

    def _grant(self, what: str, role: pulumi.Input[str], condition: Mapping[str, str] | None = None) -> None:
        gcp.projects.IAMMember(
            f"{self.pulumi_resource_name}-{what}",
            project=self._settings.project,
            role=role,
            member=self.account.member,
            condition=gcp.projects.IAMMemberConditionArgs(**condition) if condition else None,
            opts=self._inside,
        )
