"""Says of what must not be lost that it refuses to be deleted: to Pulumi, and to the provider that would delete it.

Each refuses on its own: who lifts Pulumi's protection in the state has the provider's still before them. Both go with
`pulumi config set data-api:protected false` and one `pulumi up`.
"""

import pulumi


def protection(parent: pulumi.Resource, *, protected: bool) -> pulumi.ResourceOptions:
    """The options under which Pulumi refuses, where protected; the first protection."""
    return pulumi.ResourceOptions(parent=parent, protect=protected)


def deletion_policy(*, protected: bool) -> str:
    """With which the provider refuses, where protected; the second protection."""
    return "PREVENT" if protected else "DELETE"
