"""Enables the Google services (APIs) that a deployment uses.

All other resources depend on them, and wait while Google does not know of a new service, so that the first `pulumi up`
in a new project works. Destroying the stack does not
disable them: other users of the project may need them.
"""

from collections.abc import Iterable

import pulumi
import pulumi_gcp as gcp

from deployment.configuration import Configuration
from deployment.settling import retries
from service_names import (
    DOMAIN_SERVICES,
    KEY_SERVICES,
    NETWORK_SERVICES,
    QUOTA_SERVICES,
    SCHEDULE_SERVICES,
    SERVICES,
    TRACE_SERVICES,
)

_SERVICE_TYPE = "gcp:projects/service:Service"


class Services(pulumi.ComponentResource):
    """Enabled services of the stack's project."""

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


def required_services(stack: Configuration) -> tuple[str, ...]:
    """The services that a stack needs."""
    services = (
        *SERVICES,
        *(NETWORK_SERVICES if stack.network else ()),
        *(KEY_SERVICES if stack.encryption.any else ()),
        *(QUOTA_SERVICES if stack.access.quota else ()),
        *(SCHEDULE_SERVICES if stack.synthetic_caller else ()),
        *(TRACE_SERVICES if stack.scale.trace_percent else ()),
        *(DOMAIN_SERVICES if stack.page.domain else ()),
    )
    return tuple(dict.fromkeys(services))


def depend_on_services(services: Services) -> None:
    """Makes all Google Cloud resources that are created after this call depend on the services, and wait for them.

    A transformation adds it to each resource, because children of a component do not inherit its `depends_on`.
    """
    on_all = pulumi.ResourceOptions(depends_on=[services], hooks=retries())

    def add_dependency(resource: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if not resource.type_.startswith("gcp:") or resource.type_ == _SERVICE_TYPE:
            return None
        options = pulumi.ResourceOptions.merge(resource.opts, on_all)
        return pulumi.ResourceTransformationResult(resource.props, options)

    pulumi.runtime.register_stack_transformation(add_dependency)
