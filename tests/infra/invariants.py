"""Says what must hold of all that a program asks for, whoever asked it: the mocks or Pulumi's real engine.

Owns the rules that need nothing but types, names and inputs; each is a function, named as the sentence that it holds,
which gives back what breaks it. That each of them can break is test_invariants.py's, which hands them broken
deployments. What only creating tells is missing or unknown, so a rule compares such inputs with one another at most.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

FUNCTION = "gcp:cloudfunctionsv2/function:Function"
SUBSCRIPTION = "gcp:pubsub/subscription:Subscription"
TOPIC = "gcp:pubsub/topic:Topic"
ACCOUNT = "gcp:serviceaccount/account:Account"
DATABASE = "gcp:firestore/database:Database"
BUCKET = "gcp:storage/bucket:Bucket"
PROJECT_GRANT = "gcp:projects/iAMMember:IAMMember"
TOPIC_GRANT = "gcp:pubsub/topicIAMMember:TopicIAMMember"
SUBSCRIPTION_GRANT = "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember"
INVOKER_GRANT = "gcp:cloudrunv2/serviceIamMember:ServiceIamMember"
CONFIGURATION = "gcp:apigateway/apiConfig:ApiConfig"

# What a deletion loses for good: records, messages under way, dead letters, the address that clients know, and all that
# a key has encrypted.
IRREPLACEABLE = (
    DATABASE,
    TOPIC,
    SUBSCRIPTION,
    "gcp:apigateway/api:Api",
    "gcp:apigateway/gateway:Gateway",
    "gcp:kms/keyRing:KeyRing",
    "gcp:kms/cryptoKey:CryptoKey",
)
UNCONDITIONAL = {"roles/logging.logWriter"}  # logs belong to the project, whoever writes them
ANYBODY = ("allUsers", "allAuthenticatedUsers")
SHORTEST = 8  # characters of a secret that is looked for within other texts; a shorter one may be there by chance
SECRET = "4dabf18193072939515e22adb298388d"  # noqa: S105  by which Pulumi marks a secret; it is none


class Asked(Protocol):
    """A resource that was asked for."""

    @property
    def type(self) -> str: ...  # noqa: D102  Pulumi's
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def inputs(self) -> dict[str, Any]: ...  # noqa: D102
    @property
    def protected(self) -> bool: ...  # noqa: D102


Rule = Callable[[Sequence[Asked]], list[str]]


def nobody_is_let_in_without_a_name(asked: Sequence[Asked]) -> list[str]:
    return [
        each.name
        for each in asked
        for member in [each.inputs.get("member"), *each.inputs.get("members", ())]
        if member in ANYBODY
    ]


def a_grant_adds_its_member_and_takes_nobody_elses_away(asked: Sequence[Asked]) -> list[str]:
    """Bindings and policies replace what others have granted."""
    return [each.name for each in asked if each.type.lower().endswith(("iambinding", "iampolicy"))]


def every_identity_is_used_by_one_thing(asked: Sequence[Asked]) -> list[str]:
    used = [*_identities(asked)]
    return [name for name, email in used if not email or [each for _, each in used].count(email) > 1]


def a_grant_on_the_whole_project_is_narrowed_where_google_can(asked: Sequence[Asked]) -> list[str]:
    return [
        each.name
        for each in _all(asked, PROJECT_GRANT)
        if not each.inputs.get("condition") and each.inputs["role"] not in UNCONDITIONAL
    ]


def a_function_is_called_by_one_caller(asked: Sequence[Asked]) -> list[str]:
    granted = [each.inputs["name"] for each in _all(asked, INVOKER_GRANT)]
    return [each.name for each in _all(asked, FUNCTION) if granted.count(each.inputs["name"]) != 1]


def dead_lettering_has_its_three_grants(asked: Sequence[Asked]) -> list[str]:
    """To publish to the dead letters, to acknowledge what was moved there, and first to reach the function at all."""
    missing = []
    for push in _pushes(asked):
        acknowledging = [
            each.inputs["member"]
            for each in _all(asked, SUBSCRIPTION_GRANT)
            if (each.inputs["subscription"], each.inputs["role"]) == (push.inputs["name"], "roles/pubsub.subscriber")
        ]
        publishing = [
            each.inputs["member"]
            for each in _all(asked, TOPIC_GRANT)
            if (each.inputs["topic"], each.inputs["role"]) == (_dead_letters(asked), "roles/pubsub.publisher")
        ]
        invoking = [each for each in _all(asked, INVOKER_GRANT) if each.name.startswith("push-")]
        if not (len(acknowledging) == 1 and acknowledging == publishing and len(invoking) == 1):
            missing.append(push.name)
    return missing


def a_push_carries_a_token_for_the_function_it_goes_to(asked: Sequence[Asked]) -> list[str]:
    return [
        push.name
        for push in _pushes(asked)
        if push.inputs["pushConfig"].get("oidcToken", {}).get("audience") != push.inputs["pushConfig"]["pushEndpoint"]
    ]


def no_subscription_expires(asked: Sequence[Asked]) -> list[str]:
    return [each.name for each in _all(asked, SUBSCRIPTION) if each.inputs.get("expirationPolicy") != {"ttl": ""}]


def no_bucket_can_be_made_public(asked: Sequence[Asked]) -> list[str]:
    return [
        each.name
        for each in _all(asked, BUCKET)
        if each.inputs.get("publicAccessPrevention") != "enforced" or not each.inputs.get("uniformBucketLevelAccess")
    ]


def a_secret_stands_nowhere_in_plain(asked: Sequence[Asked]) -> list[str]:
    """What is marked as a secret in one place is one in every place."""
    secrets = {text for each in asked for text in secret_texts(each.inputs) if len(text) >= SHORTEST}
    return [each.name for each in asked if any(secret in text for secret in secrets for text in plain(each.inputs))]


def nothing_that_can_lose_data_is_unprotected(asked: Sequence[Asked]) -> list[str]:
    """Holds for a protected stack."""
    return [each.name for each in asked if each.type in IRREPLACEABLE and not each.protected] + [
        each.name
        for each in _all(asked, DATABASE)
        if (each.inputs.get("deleteProtectionState"), each.inputs.get("deletionPolicy"))
        != ("DELETE_PROTECTION_ENABLED", "PREVENT")
    ]


RULES: tuple[Rule, ...] = (
    nobody_is_let_in_without_a_name,
    a_grant_adds_its_member_and_takes_nobody_elses_away,
    every_identity_is_used_by_one_thing,
    a_grant_on_the_whole_project_is_narrowed_where_google_can,
    a_function_is_called_by_one_caller,
    dead_lettering_has_its_three_grants,
    a_push_carries_a_token_for_the_function_it_goes_to,
    no_subscription_expires,
    no_bucket_can_be_made_public,
    a_secret_stands_nowhere_in_plain,
)


def secret_texts(node: Any) -> Iterator[str]:  # noqa: ANN401  inputs are of any type
    """The texts that are marked as secrets, at any depth."""
    if isinstance(node, dict) and SECRET in node:
        yield from texts(node.get("value"))
    else:
        for child in _children(node):
            yield from secret_texts(child)


def plain(node: Any) -> Iterator[str]:  # noqa: ANN401  inputs are of any type
    """The texts that are not."""
    if isinstance(node, str):
        yield node
    if not (isinstance(node, dict) and SECRET in node):
        for child in _children(node):
            yield from plain(child)


def texts(node: Any) -> Iterator[str]:  # noqa: ANN401  values are of any type
    """All texts in a value."""
    if isinstance(node, str) and node:
        yield node
    for child in _children(node):
        yield from texts(child)


def _children(node: Any) -> list[Any]:  # noqa: ANN401  inputs are of any type
    match node:
        case dict():
            return [*node.values()]
        case list():
            return node
    return []


def _all(asked: Sequence[Asked], type_: str) -> list[Asked]:
    return [each for each in asked if each.type == type_]


def _pushes(asked: Sequence[Asked]) -> list[Asked]:
    return [each for each in _all(asked, SUBSCRIPTION) if "pushConfig" in each.inputs]


def _dead_letters(asked: Sequence[Asked]) -> str:
    (topic,) = [each.inputs["name"] for each in _all(asked, TOPIC) if each.name == "dead-letters"]
    return str(topic)


def _identities(asked: Sequence[Asked]) -> Iterator[tuple[str, str | None]]:
    """Who acts as whom: functions, pushes and the gateway."""
    for each in _all(asked, FUNCTION):
        yield each.name, each.inputs["serviceConfig"].get("serviceAccountEmail")
    for each in _pushes(asked):
        yield each.name, each.inputs["pushConfig"].get("oidcToken", {}).get("serviceAccountEmail")
    for each in _all(asked, CONFIGURATION):
        yield each.name, each.inputs["gatewayConfig"]["backendConfig"].get("googleServiceAccount")
