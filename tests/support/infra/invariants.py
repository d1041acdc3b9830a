"""Says what must hold of all that a program asks for, whoever asked it: the mocks or Pulumi's real engine.

Owns the rules that need nothing but types, names and inputs; each is a function, named as the sentence that it holds,
which gives back what breaks it. That each of them can break is test_invariants.py's, which hands them broken
deployments. What only creating tells is missing or unknown, so a rule compares such inputs with one another at most.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeGuard

from pulumi.runtime.rpc import UNKNOWN

FUNCTION = "gcp:cloudfunctionsv2/function:Function"
SUBSCRIPTION = "gcp:pubsub/subscription:Subscription"
TOPIC = "gcp:pubsub/topic:Topic"
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
UNCONDITIONAL = {  # logs and traces belong to the project, whoever writes them
    "roles/logging.logWriter",
    "roles/telemetry.tracesWriter",
}
NAMED = ("serviceAccount:", "principalSet:")  # of Google's kinds of members, those that a deployment grants anything


class Asked(Protocol):
    """A resource that was asked for."""

    @property
    def type(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def inputs(self) -> dict[str, Any]: ...
    @property
    def protected(self) -> bool: ...


Rule = Callable[[Sequence[Asked]], list[str]]


def nobody_is_let_in_without_a_name(asked: Sequence[Asked]) -> list[str]:
    return [
        each.name
        for each in asked
        for member in [each.inputs.get("member"), *each.inputs.get("members", ())]
        if is_known(member) and not member.startswith(NAMED)
    ]


def a_grant_adds_its_member_and_takes_nobody_elses_away(asked: Sequence[Asked]) -> list[str]:
    """Bindings and policies replace what others have granted."""
    return [each.name for each in asked if each.type.lower().endswith(("iambinding", "iampolicy"))]


def every_identity_is_used_by_one_thing(asked: Sequence[Asked]) -> list[str]:
    used = [*_identities(asked)]
    accounts = [account for _, account in used]
    return [name for name, account in used if account is None or (is_known(account) and accounts.count(account) > 1)]


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
    (dead_letters,) = [each.inputs["name"] for each in _all(asked, TOPIC) if each.name == "dead-letters"]
    publishing = _granted(asked, TOPIC_GRANT, {"topic": dead_letters, "role": "roles/pubsub.publisher"})
    invoking = [each for each in _all(asked, INVOKER_GRANT) if each.name.startswith("push-")]
    broken = []
    for push in (push for push in _pushes(asked) if "deadLetterPolicy" in push.inputs):
        on_push = {"subscription": push.inputs["name"], "role": "roles/pubsub.subscriber"}
        acknowledging = _granted(asked, SUBSCRIPTION_GRANT, on_push)
        counts = (len(publishing), len(acknowledging), len(invoking))
        if counts != (1, 1, 1) or _differ(publishing[0], acknowledging[0]):
            broken.append(push.name)
    return broken


def dead_letters_are_taken_twice_and_one_taker_keeps_them_whatever_the_other_does(asked: Sequence[Asked]) -> list[str]:
    """One is pushed to a function; the other is pulled by people, and holds a copy of what no function could handle."""
    pulled = [each for each in _all(asked, SUBSCRIPTION) if "pushConfig" not in each.inputs]
    pushed = [push for push in _pushes(asked) if "deadLetterPolicy" not in push.inputs]
    topics = [each.inputs.get("topic") for each in pulled]
    alone = [each.name for each in pushed if all(_differ(each.inputs.get("topic"), topic) for topic in topics)]
    return alone if pushed else [each.name for each in pulled]


def what_nobody_else_takes_is_tried_as_long_as_it_is_kept(asked: Sequence[Asked]) -> list[str]:
    """A push of dead letters has no dead letters of its own to move them to, and keeps them for 31 days."""
    longest = f"{31 * 24 * 60 * 60}s"
    return [
        push.name
        for push in _pushes(asked)
        if "deadLetterPolicy" not in push.inputs and push.inputs.get("messageRetentionDuration") != longest
    ]


def a_push_carries_a_token_for_the_function_it_goes_to(asked: Sequence[Asked]) -> list[str]:
    return [
        push.name
        for push in _pushes(asked)
        if not (token := push.inputs["pushConfig"].get("oidcToken"))
        or _differ(token.get("audience"), push.inputs["pushConfig"]["pushEndpoint"])
    ]


def no_subscription_expires(asked: Sequence[Asked]) -> list[str]:
    return [each.name for each in _all(asked, SUBSCRIPTION) if each.inputs.get("expirationPolicy") != {"ttl": ""}]


def no_bucket_can_be_made_public(asked: Sequence[Asked]) -> list[str]:
    return [
        each.name
        for each in _all(asked, BUCKET)
        if each.inputs.get("publicAccessPrevention") != "enforced" or not each.inputs.get("uniformBucketLevelAccess")
    ]


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
    dead_letters_are_taken_twice_and_one_taker_keeps_them_whatever_the_other_does,
    what_nobody_else_takes_is_tried_as_long_as_it_is_kept,
    a_push_carries_a_token_for_the_function_it_goes_to,
    no_subscription_expires,
    no_bucket_can_be_made_public,
)


def is_known(value: object) -> TypeGuard[str]:
    """Whether a text is there: what only creating tells is missing under mocks, and a mark of the engine's."""
    return isinstance(value, str) and value != UNKNOWN


def _all(asked: Sequence[Asked], type_: str) -> list[Asked]:
    return [each for each in asked if each.type == type_]


def _pushes(asked: Sequence[Asked]) -> list[Asked]:
    return [each for each in _all(asked, SUBSCRIPTION) if "pushConfig" in each.inputs]


def _granted(asked: Sequence[Asked], type_: str, inputs: Mapping[str, str]) -> list[object]:
    """Whom grants of a type with these inputs are given to."""
    return [each.inputs["member"] for each in _all(asked, type_) if inputs.items() <= each.inputs.items()]


def _differ(one: object, other: object) -> bool:
    return (is_known(one) or is_known(other)) and one != other


def _identities(asked: Sequence[Asked]) -> Iterator[tuple[str, object]]:
    """Who acts as whom: functions, their builds, pushes and the gateway."""
    for builder in {each.inputs["buildConfig"]["serviceAccount"] for each in _all(asked, FUNCTION)}:
        yield "build", builder
    for each in _all(asked, FUNCTION):
        yield each.name, each.inputs["serviceConfig"].get("serviceAccountEmail")
    for push in _pushes(asked):
        yield push.name, push.inputs["pushConfig"].get("oidcToken", {}).get("serviceAccountEmail")
    for each in _all(asked, CONFIGURATION):
        yield each.name, each.inputs["gatewayConfig"]["backendConfig"].get("googleServiceAccount")
