"""Turns on the Google services that a deployment uses.

Everything else waits for them, so that the first `pulumi up` in a new project works. Destroying the stack leaves them
on: something else in the project may use them.
"""

from collections.abc import Iterable

import pulumi
import pulumi_gcp as gcp

from deployment.configuration import Configuration
from service_names import KEY_SERVICES, NETWORK_SERVICES, QUOTA_SERVICES, SERVICES, TRACE_SERVICES

_SERVICE = "gcp:projects/service:Service"


class Services(pulumi.ComponentResource):
    """Services, turned on in the stack's project."""

    def __init__(self, name: str, services: Iterable[str]) -> None:
        super().__init__("dataapi:infra:Services", name)
        for service in services:
            gcp.projects.Service(
                service,
                service=f"{service}.googleapis.com",
                disable_on_destroy=False,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})


def services_of(stack: Configuration) -> tuple[str, ...]:
    """The services that a stack's resources speak to."""
    return (
        *SERVICES,
        *(NETWORK_SERVICES if stack.network else ()),
        *(KEY_SERVICES if stack.encryption.any else ()),
        *(QUOTA_SERVICES if stack.access.quota else ()),
        *(TRACE_SERVICES if stack.scale.trace_percent else ()),
    )


def depend_on_services(services: Services) -> None:
    """Makes every resource declared from here on wait for the services.

    Each by itself, since the children of a component do not wait for what the component waits for.
    """

    def waiting(resource: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if not resource.type_.startswith("gcp:") or resource.type_ == _SERVICE:
            return None
        waits = pulumi.ResourceOptions(depends_on=[services])
        return pulumi.ResourceTransformationResult(resource.props, pulumi.ResourceOptions.merge(resource.opts, waits))

    pulumi.runtime.register_stack_transformation(waiting)
