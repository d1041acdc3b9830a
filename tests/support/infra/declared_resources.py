"""Queries of the resources that a program has declared, whether the mocks or the real engine recorded them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeGuard

from pulumi.runtime.rpc import UNKNOWN

from tests.support.infra.resource_types import (
    CONFIGURATION,
    FUNCTION,
    JOB,
    SUBSCRIPTION,
)


class DeclaredResource(Protocol):
    """A resource that a program has declared."""

    @property
    def type(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def inputs(self) -> dict[str, Any]: ...
    @property
    def protected(self) -> bool: ...
    @property
    def parent(self) -> str: ...


Resources = Sequence[DeclaredResource]


def is_known(value: object) -> TypeGuard[str]:
    """False for a value that is known only after creation: missing with the mocks, a placeholder with the engine."""
    return isinstance(value, str) and value != UNKNOWN


def of_type(resources: Resources, type_: str) -> list[DeclaredResource]:
    return [resource for resource in resources if resource.type == type_]


def push_subscriptions(resources: Resources) -> list[DeclaredResource]:
    return [resource for resource in of_type(resources, SUBSCRIPTION) if "pushConfig" in resource.inputs]


def members(resources: Resources, type_: str, inputs: Mapping[str, str]) -> list[object]:
    """The members of the grants with this type and these inputs."""
    return [
        resource.inputs["member"] for resource in of_type(resources, type_) if inputs.items() <= resource.inputs.items()
    ]


def are_different(one: object, other: object) -> bool:
    return (is_known(one) or is_known(other)) and one != other


def service_accounts(resources: Resources) -> Iterator[tuple[str, object]]:
    """Functions, their builds, pushes, schedules and the gateway, with the service account of each."""
    for builder in {resource.inputs["buildConfig"]["serviceAccount"] for resource in of_type(resources, FUNCTION)}:
        yield "build", builder
    for resource in of_type(resources, FUNCTION):
        yield resource.name, resource.inputs["serviceConfig"].get("serviceAccountEmail")
    for push in push_subscriptions(resources):
        yield push.name, push.inputs["pushConfig"].get("oidcToken", {}).get("serviceAccountEmail")
    for job in of_type(resources, JOB):
        yield job.name, job.inputs["httpTarget"].get("oidcToken", {}).get("serviceAccountEmail")
    for resource in of_type(resources, CONFIGURATION):
        yield resource.name, resource.inputs["gatewayConfig"]["backendConfig"].get("googleServiceAccount")
