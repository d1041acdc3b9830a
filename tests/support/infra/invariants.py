"""Rules for all resources of a stack.

A rule returns the names of the resources that break it; test_invariants.py breaks each rule. Values that are known only
after creation are missing or unknown in a preview, so the rules only compare them with each other.
"""

from collections.abc import Callable

from tests.support.infra.declared_resources import (
    Resources,
    are_different,
    is_known,
    members,
    of_type,
    push_subscriptions,
    service_accounts,
)
from tests.support.infra.resource_types import (
    BUCKET,
    DATABASE,
    FUNCTION,
    INVOKER_GRANT,
    PROJECT_GRANT,
    SUBSCRIPTION,
    SUBSCRIPTION_GRANT,
    TOPIC,
    TOPIC_GRANT,
)

# What a deletion loses for good: records, messages in flight, dead letters, the URL that clients know, and everything
# that a key has encrypted.
IRREPLACEABLE = (
    DATABASE,
    TOPIC,
    SUBSCRIPTION,
    "gcp:apigateway/api:Api",
    "gcp:apigateway/gateway:Gateway",
    "gcp:kms/keyRing:KeyRing",
    "gcp:kms/cryptoKey:CryptoKey",
)
UNCONDITIONAL = {  # logs and traces belong to the project; no condition can narrow them
    "roles/logging.logWriter",
    "roles/telemetry.tracesWriter",
}
MEMBERS = ("serviceAccount:", "principalSet:")  # the kinds of members that may get a grant


Rule = Callable[[Resources], list[str]]


def no_grant_to_the_public_or_a_domain(resources: Resources) -> list[str]:
    return [
        resource.name
        for resource in resources
        for member in [resource.inputs.get("member"), *resource.inputs.get("members", ())]
        if is_known(member) and not member.startswith(MEMBERS)
    ]


def no_grant_replaces_other_grants(resources: Resources) -> list[str]:
    """Bindings and policies replace the grants of other members."""
    return [resource.name for resource in resources if resource.type.lower().endswith(("iambinding", "iampolicy"))]


def no_service_account_is_shared(resources: Resources) -> list[str]:
    accounts_by_user = [*service_accounts(resources)]
    accounts = [account for _, account in accounts_by_user]
    return [
        name
        for name, account in accounts_by_user
        if account is None or (is_known(account) and accounts.count(account) > 1)
    ]


def every_project_grant_has_a_condition(resources: Resources) -> list[str]:
    return [
        resource.name
        for resource in of_type(resources, PROJECT_GRANT)
        if not resource.inputs.get("condition") and resource.inputs["role"] not in UNCONDITIONAL
    ]


def every_function_has_one_invoker(resources: Resources) -> list[str]:
    """Both belong to one component; the name of the service is known only when the function runs."""
    granted = [resource.parent for resource in of_type(resources, INVOKER_GRANT)]
    return [resource.name for resource in of_type(resources, FUNCTION) if granted.count(resource.parent) != 1]


def dead_lettering_has_its_three_grants(resources: Resources) -> list[str]:
    """To publish to the dead-letter topic, to acknowledge the moved message, and to invoke the function."""
    (dead_letters,) = [
        resource.inputs["name"] for resource in of_type(resources, TOPIC) if resource.name == "dead-letters"
    ]
    publishing = members(resources, TOPIC_GRANT, {"topic": dead_letters, "role": "roles/pubsub.publisher"})
    invoking = [resource for resource in of_type(resources, INVOKER_GRANT) if resource.name.startswith("push-")]
    broken = []
    for push in (push for push in push_subscriptions(resources) if "deadLetterPolicy" in push.inputs):
        on_push = {"subscription": push.inputs["name"], "role": "roles/pubsub.subscriber"}
        acknowledging = members(resources, SUBSCRIPTION_GRANT, on_push)
        counts = (len(publishing), len(acknowledging), len(invoking))
        if counts != (1, 1, 1) or are_different(publishing[0], acknowledging[0]):
            broken.append(push.name)
    return broken


def dead_letters_have_a_push_and_a_pull_subscription(resources: Resources) -> list[str]:
    """One is pushed to a function. Operators pull the other, which has a copy of all messages."""
    pulled = [resource for resource in of_type(resources, SUBSCRIPTION) if "pushConfig" not in resource.inputs]
    pushed = [push for push in push_subscriptions(resources) if "deadLetterPolicy" not in push.inputs]
    topics = [resource.inputs.get("topic") for resource in pulled]
    alone = [
        resource.name
        for resource in pushed
        if all(are_different(resource.inputs.get("topic"), topic) for topic in topics)
    ]
    return alone if pushed else [resource.name for resource in pulled]


def dead_letters_are_retained_for_31_days(resources: Resources) -> list[str]:
    """A subscription without a dead-letter topic of its own retains its messages as long as Pub/Sub can."""
    longest = f"{31 * 24 * 60 * 60}s"
    return [
        subscription.name
        for subscription in of_type(resources, SUBSCRIPTION)
        if "deadLetterPolicy" not in subscription.inputs
        and subscription.inputs.get("messageRetentionDuration") != longest
    ]


def every_push_has_a_token_for_its_function(resources: Resources) -> list[str]:
    return [
        push.name
        for push in push_subscriptions(resources)
        if not (token := push.inputs["pushConfig"].get("oidcToken"))
        or are_different(token.get("audience"), push.inputs["pushConfig"]["pushEndpoint"])
    ]


def no_subscription_expires(resources: Resources) -> list[str]:
    return [
        resource.name
        for resource in of_type(resources, SUBSCRIPTION)
        if resource.inputs.get("expirationPolicy") != {"ttl": ""}
    ]


def no_bucket_can_be_made_public(resources: Resources) -> list[str]:
    return [
        resource.name
        for resource in of_type(resources, BUCKET)
        if resource.inputs.get("publicAccessPrevention") != "enforced"
        or not resource.inputs.get("uniformBucketLevelAccess")
    ]


def everything_that_holds_data_is_protected(resources: Resources) -> list[str]:
    """For stacks with the setting `protected`."""
    return [resource.name for resource in resources if resource.type in IRREPLACEABLE and not resource.protected] + [
        resource.name
        for resource in of_type(resources, DATABASE)
        if (resource.inputs.get("deleteProtectionState"), resource.inputs.get("deletionPolicy"))
        != ("DELETE_PROTECTION_ENABLED", "PREVENT")
    ]


RULES: tuple[Rule, ...] = (
    no_grant_to_the_public_or_a_domain,
    no_grant_replaces_other_grants,
    no_service_account_is_shared,
    every_project_grant_has_a_condition,
    every_function_has_one_invoker,
    dead_lettering_has_its_three_grants,
    dead_letters_have_a_push_and_a_pull_subscription,
    dead_letters_are_retained_for_31_days,
    every_push_has_a_token_for_its_function,
    no_subscription_expires,
    no_bucket_can_be_made_public,
)
