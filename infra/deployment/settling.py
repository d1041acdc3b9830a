"""Waits for what Google accepts before all of its servers know of it: grants, services and metrics.

Pulumi calls these hooks in the program itself, so that no other provider is needed. Only a creation or an update
waits, never a preview.
"""

import time

import pulumi

# A grant takes effect within 2 minutes, seldom in 7 or more: https://cloud.google.com/iam/docs/access-change-propagation
GRANT_SECONDS = 120
RETRY_SECONDS = 20
RETRIES = 30  # 10 minutes: the longest time that Google names, for a new metric
_NOT_KNOWN_YET = (
    "has not been used in project",  # a service; "wait a few minutes", the message goes on
    "SERVICE_DISABLED",
    "Cannot find metric",  # "it could take up to 10 minutes to become available", the message goes on
)


def settled_grants(name: str) -> pulumi.ResourceHookBinding:
    """The hook of grants without which a resource is created in a state that no retry repairs.

    What depends on them begins GRANT_SECONDS after they were created; `name` is the hook's, and unique.
    """

    def wait(_: pulumi.ResourceHookArgs) -> None:
        time.sleep(GRANT_SECONDS)

    return pulumi.ResourceHookBinding(after_create=[pulumi.ResourceHook(name, wait)])


def retries() -> pulumi.ResourceHookBinding:
    """The hook of resources that are created again while Google says that it does not know what they need."""
    return pulumi.ResourceHookBinding(on_error=[pulumi.ErrorHook("not-known-yet", retry)])


def retry(args: pulumi.ErrorHookArgs) -> bool:
    """Whether to try again, after a pause; the newest error is the first."""
    newest = args.errors[0] if args.errors else ""
    if len(args.errors) > RETRIES or not any(text in newest for text in _NOT_KNOWN_YET):
        return False
    time.sleep(RETRY_SECONDS)
    return True
