"""Protects resources whose loss cannot be undone against deletion, by Pulumi and by the provider.

The two protections are independent: after `pulumi state unprotect` the provider still refuses to delete. Pulumi deletes
what depends on others first, so one resource that depends on all others makes the provider refuse before anything is
deleted: the dashboard. `pulumi config set data-api:protected false` and one `pulumi up` remove both.
"""

import pulumi


def protected_options(parent: pulumi.Resource, *, protected: bool) -> pulumi.ResourceOptions:
    """The options of a child of `parent`; where protected, Pulumi refuses to delete it."""
    return pulumi.ResourceOptions(parent=parent, protect=protected)


def deletion_policy(*, protected: bool) -> str:
    """The provider's argument `deletion_policy`; where protected, the provider refuses to delete the resource."""
    return "PREVENT" if protected else "DELETE"


def record_resources() -> list[pulumi.Resource]:
    """A list that gets every Google Cloud resource that is declared after this call."""
    resources: list[pulumi.Resource] = []

    def record(args: pulumi.ResourceTransformationArgs) -> None:
        if args.type_.startswith("gcp:"):
            resources.append(args.resource)

    pulumi.runtime.register_stack_transformation(record)
    return resources
