"""Every stack keeps the rules in `invariants`, and a broken stack breaks them."""

import copy
import dataclasses
from collections.abc import Callable

import pytest

from tests.support.infra import invariants as rules
from tests.support.infra import resource_types
from tests.support.infra.invariants import RULES, Rule
from tests.support.infra.pulumi_program import run_program
from tests.support.infra.recorded_deployment import RecordedDeployment, Resource
from tests.support.infra.resource_types import FUNCTION
from tests.support.infra.stack_settings import FULL, OPERATOR

Change = Callable[[Resource], Resource]


@pytest.fixture(scope="module", params=[("dev", OPERATOR), ("prod", OPERATOR), ("prod", FULL)], ids=str)
def previewed(request: pytest.FixtureRequest) -> RecordedDeployment:
    """A stack without the values that are known only after creation."""
    stack, settings = request.param
    return run_program(stack, settings, preview=True)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_stack_keeps_the_rule(each_stack: RecordedDeployment, rule: Rule) -> None:
    assert [] == rule(each_stack.resources)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_stack_in_a_preview_keeps_the_rule(previewed: RecordedDeployment, rule: Rule) -> None:
    assert [] == rule(previewed.resources)


@pytest.mark.parametrize("stack", ["prod", "full"])
def test_everything_in_prod_that_holds_data_is_protected(stack: str, request: pytest.FixtureRequest) -> None:
    assert [] == rules.everything_that_holds_data_is_protected(request.getfixturevalue(stack).resources)


def setting(*path: str, to: object) -> Change:
    """Sets one of the inputs."""

    def change(resource: Resource) -> Resource:
        inputs = copy.deepcopy(resource.inputs)
        within = inputs
        for step in path[:-1]:
            within = within[step]
        within[path[-1]] = to
        return dataclasses.replace(resource, inputs=inputs)

    return change


def replacing(**fields: object) -> Change:
    """Sets fields of the resource other than its inputs."""
    return lambda resource: dataclasses.replace(resource, **fields)  # type: ignore[arg-type]  # names of fields


BINDING = "gcp:pubsub/topicIAMBinding:TopicIAMBinding"
PRESENT = "data-api-prod-present@a-project.iam.gserviceaccount.com"
# For each rule, resources of prod with a change that breaks it.
BREAKS: dict[Rule, list[tuple[str, str, Change]]] = {
    rules.no_grant_to_the_public_or_a_domain: [
        (resource_types.INVOKER_GRANT, "push-invokes-persist", setting("member", to="allUsers")),
        (resource_types.TOPIC_GRANT, "publishes", setting("members", to=["domain:example.com"])),
    ],
    rules.no_grant_replaces_other_grants: [
        (resource_types.TOPIC_GRANT, "publishes", replacing(type=BINDING)),
    ],
    rules.no_service_account_is_shared: [
        (FUNCTION, "persist", setting("serviceConfig", "serviceAccountEmail", to=PRESENT)),
        (FUNCTION, "persist", setting("buildConfig", "serviceAccount", to=PRESENT)),
        (
            resource_types.CONFIGURATION,
            "gateway",
            setting("gatewayConfig", "backendConfig", "googleServiceAccount", to=None),
        ),
    ],
    rules.every_project_grant_has_a_condition: [
        (resource_types.PROJECT_GRANT, "reads-records", setting("condition", to={})),
        (resource_types.PROJECT_GRANT, "build-writes-logs", setting("role", to="roles/editor")),
    ],
    rules.every_function_has_one_invoker: [
        (resource_types.INVOKER_GRANT, "push-invokes-persist", replacing(parent="urn of another function")),
    ],
    rules.dead_lettering_has_its_three_grants: [
        (resource_types.TOPIC_GRANT, "agent-publishes-dead-letters", setting("topic", to="data-api-prod-records")),
        (
            resource_types.SUBSCRIPTION_GRANT,
            "agent-acknowledges-dead-letters",
            setting("member", to="serviceAccount:other"),
        ),
        (resource_types.INVOKER_GRANT, "push-invokes-persist", replacing(name="other")),
    ],
    rules.dead_letters_have_a_push_and_a_pull_subscription: [
        (resource_types.SUBSCRIPTION, "dead-letter-push", setting("deadLetterPolicy", to={})),
        (resource_types.SUBSCRIPTION, "dead-letters", setting("topic", to="another")),
    ],
    rules.dead_letters_are_retained_for_31_days: [
        (resource_types.SUBSCRIPTION, "dead-letter-push", setting("messageRetentionDuration", to="604800s")),
        (resource_types.SUBSCRIPTION, "dead-letters", setting("messageRetentionDuration", to="604800s")),
    ],
    rules.every_push_has_a_token_for_its_function: [
        (resource_types.SUBSCRIPTION, "push", setting("pushConfig", "oidcToken", to=None)),
        (
            resource_types.SUBSCRIPTION,
            "push",
            setting("pushConfig", "oidcToken", "audience", to="https://other.example"),
        ),
    ],
    rules.no_subscription_expires: [
        (resource_types.SUBSCRIPTION, "dead-letters", setting("expirationPolicy", to=None)),
    ],
    rules.no_bucket_can_be_made_public: [
        (resource_types.BUCKET, "data-api-prod-source", setting("publicAccessPrevention", to="inherited")),
        (resource_types.BUCKET, "data-api-prod-source", setting("uniformBucketLevelAccess", to=False)),
    ],
    rules.everything_that_holds_data_is_protected: [
        (resource_types.DATABASE, "database", setting("deletionPolicy", to="DELETE")),
        (resource_types.TOPIC, "records", replacing(protected=False)),
    ],
}


@pytest.mark.parametrize(
    ("rule", "broken"),
    [(rule, broken) for rule, breaks in BREAKS.items() for broken in breaks],
    ids=lambda value: getattr(value, "__name__", value[1] if isinstance(value, tuple) else None),
)
def test_a_broken_stack_breaks_its_rule(prod: RecordedDeployment, rule: Rule, broken: tuple[str, str, Change]) -> None:
    type_, name, change = broken
    original = prod.one(type_, name)
    assert [] != rule([change(resource) if resource is original else resource for resource in prod.resources])


def test_every_rule_has_a_change_that_breaks_it() -> None:
    assert {*RULES} <= BREAKS.keys()
