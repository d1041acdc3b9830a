"""What must hold of every stack as a whole. The rules stand in `invariants`; here each is also seen to break."""

import copy
import dataclasses
from collections.abc import Callable

import pytest

from tests.support.infra import invariants as rules
from tests.support.infra.invariants import RULES, Rule
from tests.support.infra.pulumi_mocks import FULL, FUNCTION, OPERATOR, RecordedDeployment, Resource, run_program

Change = Callable[[Resource], Resource]


@pytest.fixture(scope="module", params=[("dev", OPERATOR), ("prod", OPERATOR), ("prod", FULL)], ids=str)
def previewed(request: pytest.FixtureRequest) -> RecordedDeployment:
    """A stack of which nothing is known that creating alone can tell."""
    stack, said = request.param
    return run_program(stack, said, preview=True)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_it_holds_once_all_is_known(each_stack: RecordedDeployment, rule: Rule) -> None:
    assert [] == rule(each_stack.resources)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_it_holds_before_anything_is_made(previewed: RecordedDeployment, rule: Rule) -> None:
    assert [] == rule(previewed.resources)


@pytest.mark.parametrize("stack", ["prod", "full"])
def test_nothing_in_prod_that_can_lose_data_is_unprotected(stack: str, request: pytest.FixtureRequest) -> None:
    assert [] == rules.nothing_that_can_lose_data_is_unprotected(request.getfixturevalue(stack).resources)


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
    """Says anything else of a resource."""
    return lambda resource: dataclasses.replace(resource, **fields)  # type: ignore[arg-type]  # names of fields


BINDING = "gcp:pubsub/topicIAMBinding:TopicIAMBinding"
PRESENT = "data-api-prod-present@a-project.iam.gserviceaccount.com"
# By the rule, resources of prod and how each of them, changed, breaks it.
BREAKS: dict[Rule, list[tuple[str, str, Change]]] = {
    rules.nobody_is_let_in_without_a_name: [
        (rules.INVOKER_GRANT, "push-invokes-persist", setting("member", to="allUsers")),
        (rules.TOPIC_GRANT, "publishes", setting("members", to=["domain:example.com"])),
    ],
    rules.a_grant_adds_its_member_and_takes_nobody_elses_away: [
        (rules.TOPIC_GRANT, "publishes", replacing(type=BINDING)),
    ],
    rules.every_identity_is_used_by_one_thing: [
        (FUNCTION, "persist", setting("serviceConfig", "serviceAccountEmail", to=PRESENT)),
        (FUNCTION, "persist", setting("buildConfig", "serviceAccount", to=PRESENT)),
        (rules.CONFIGURATION, "gateway", setting("gatewayConfig", "backendConfig", "googleServiceAccount", to=None)),
    ],
    rules.a_grant_on_the_whole_project_is_narrowed_where_google_can: [
        (rules.PROJECT_GRANT, "reads-records", setting("condition", to={})),
        (rules.PROJECT_GRANT, "build-writes-logs", setting("role", to="roles/editor")),
    ],
    rules.a_function_is_called_by_one_caller: [
        (rules.INVOKER_GRANT, "push-invokes-persist", setting("name", to="data-api-prod-present")),
    ],
    rules.dead_lettering_has_its_three_grants: [
        (rules.TOPIC_GRANT, "agent-publishes-dead-letters", setting("topic", to="data-api-prod-records")),
        (rules.SUBSCRIPTION_GRANT, "agent-acknowledges-dead-letters", setting("member", to="serviceAccount:other")),
        (rules.INVOKER_GRANT, "push-invokes-persist", replacing(name="other")),
    ],
    rules.dead_letters_are_taken_twice_and_one_taker_keeps_them_whatever_the_other_does: [
        (rules.SUBSCRIPTION, "dead-letter-push", setting("deadLetterPolicy", to={})),
        (rules.SUBSCRIPTION, "dead-letters", setting("topic", to="another")),
    ],
    rules.what_nobody_else_takes_is_tried_as_long_as_it_is_kept: [
        (rules.SUBSCRIPTION, "dead-letter-push", setting("messageRetentionDuration", to="604800s")),
    ],
    rules.a_push_carries_a_token_for_the_function_it_goes_to: [
        (rules.SUBSCRIPTION, "push", setting("pushConfig", "oidcToken", to=None)),
        (rules.SUBSCRIPTION, "push", setting("pushConfig", "oidcToken", "audience", to="https://other.example")),
    ],
    rules.no_subscription_expires: [
        (rules.SUBSCRIPTION, "dead-letters", setting("expirationPolicy", to=None)),
    ],
    rules.no_bucket_can_be_made_public: [
        (rules.BUCKET, "data-api-prod-source", setting("publicAccessPrevention", to="inherited")),
        (rules.BUCKET, "data-api-prod-source", setting("uniformBucketLevelAccess", to=False)),
    ],
    rules.nothing_that_can_lose_data_is_unprotected: [
        (rules.DATABASE, "database", setting("deletionPolicy", to="DELETE")),
        (rules.TOPIC, "records", replacing(protected=False)),
    ],
}


@pytest.mark.parametrize(
    ("rule", "broken"),
    [(rule, broken) for rule, breaks in BREAKS.items() for broken in breaks],
    ids=lambda each: getattr(each, "__name__", each[1] if isinstance(each, tuple) else None),
)
def test_a_broken_stack_breaks_its_rule(prod: RecordedDeployment, rule: Rule, broken: tuple[str, str, Change]) -> None:
    type_, name, change = broken
    sound = prod.one(type_, name)
    assert [] != rule([change(resource) if resource is sound else resource for resource in prod.resources])


def test_every_rule_is_seen_to_break() -> None:
    assert {*RULES} <= BREAKS.keys()
