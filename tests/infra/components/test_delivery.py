from tests.support.infra.pulumi_mocks import account, address, agent
from tests.support.infra.recorded_deployment import RecordedDeployment
from tests.support.infra.resource_types import FUNCTION

TOPIC = "gcp:pubsub/topic:Topic"
SUBSCRIPTION = "gcp:pubsub/subscription:Subscription"
TOPIC_GRANT = "gcp:pubsub/topicIAMMember:TopicIAMMember"
SUBSCRIPTION_GRANT = "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember"
AGENT = agent("gcp-sa-pubsub")


def test_pushes_go_to_persist_under_an_identity_made_for_it(dev: RecordedDeployment) -> None:
    push = dev.one(SUBSCRIPTION, "push").inputs
    assert "records-id" == push["topic"]
    persist = address("data-api-dev-persist")
    assert {
        "pushEndpoint": persist,
        "oidcToken": {"serviceAccountEmail": account("push", "dev"), "audience": persist},
    } == push["pushConfig"]


def test_a_push_is_awaited_as_long_as_persist_may_take(dev_or_prod: RecordedDeployment) -> None:
    persist = dev_or_prod.one(FUNCTION, "persist").inputs["serviceConfig"]
    assert persist["timeoutSeconds"] <= dev_or_prod.one(SUBSCRIPTION, "push").inputs["ackDeadlineSeconds"]


def test_a_message_is_tried_for_two_hours_and_then_a_dead_letter(dev_or_prod: RecordedDeployment) -> None:
    push = dev_or_prod.one(SUBSCRIPTION, "push").inputs
    assert {"minimumBackoff": "10s", "maximumBackoff": "600s"} == push["retryPolicy"]
    assert {"deadLetterTopic": "dead-letters-id", "maxDeliveryAttempts": 20} == push["deadLetterPolicy"]
    assert 2 * 3600 < sum(min(10 * 2**attempt, 600) for attempt in range(20 - 1)) < 3 * 3600


def test_dead_lettering_has_its_three_grants(dev: RecordedDeployment) -> None:
    to_topic = dev.one(TOPIC_GRANT, "agent-publishes-dead-letters").inputs
    assert ("data-api-dev-records-dead-letters", "roles/pubsub.publisher", AGENT) == (
        to_topic["topic"],
        to_topic["role"],
        to_topic["member"],
    )
    from_subscription = dev.one(SUBSCRIPTION_GRANT, "agent-acknowledges-dead-letters").inputs
    assert ("data-api-dev-records-push", "roles/pubsub.subscriber", AGENT) == (
        from_subscription["subscription"],
        from_subscription["role"],
        from_subscription["member"],
    )
    # Without the third every message would become a dead letter.
    to_persist = dev.one("gcp:cloudrunv2/serviceIamMember:ServiceIamMember", "push-invokes-persist").inputs
    assert ("data-api-dev-persist", "roles/run.invoker", f"serviceAccount:{account('push', 'dev')}") == (
        to_persist["name"],
        to_persist["role"],
        to_persist["member"],
    )


def test_the_first_push_waits_for_its_grants_and_for_who_keeps_dead_letters(dev_or_prod: RecordedDeployment) -> None:
    needed = {
        dev_or_prod.one(SUBSCRIPTION, "dead-letters").urn,
        dev_or_prod.one(SUBSCRIPTION, "dead-letter-push").urn,
        dev_or_prod.one(TOPIC_GRANT, "agent-publishes-dead-letters").urn,
        dev_or_prod.one("gcp:cloudrunv2/serviceIamMember:ServiceIamMember", "push-invokes-persist").urn,
    }
    assert needed <= dev_or_prod.one(SUBSCRIPTION, "push").waits_for


def test_dead_letters_are_kept_for_as_long_as_pubsub_can(dev_or_prod: RecordedDeployment) -> None:
    kept = dev_or_prod.one(SUBSCRIPTION, "dead-letters").inputs
    assert "dead-letters-id" == kept["topic"]
    assert f"{31 * 24 * 3600}s" == kept["messageRetentionDuration"]


def test_dead_letters_are_pushed_until_they_are_stored(each_stack: RecordedDeployment) -> None:
    subscription, kept = (each_stack.one(SUBSCRIPTION, name).inputs for name in ("dead-letter-push", "dead-letters"))
    dead_letter = each_stack.one(FUNCTION, "dead-letter").inputs
    endpoint = address(dead_letter["name"])
    stack = dead_letter["name"].removeprefix("data-api-").removesuffix("-dead-letter")
    token = {"serviceAccountEmail": account("dead-push", stack), "audience": endpoint}
    assert {"pushEndpoint": endpoint, "oidcToken": token} == subscription["pushConfig"]
    assert (kept["topic"], kept["messageRetentionDuration"]) == (
        subscription["topic"],
        subscription["messageRetentionDuration"],
    )
    assert {"minimumBackoff": "10s", "maximumBackoff": "600s"} == subscription["retryPolicy"]
    assert "deadLetterPolicy" not in subscription
    assert dead_letter["serviceConfig"]["timeoutSeconds"] <= subscription["ackDeadlineSeconds"]


def test_messages_never_leave_the_region_of_the_stack(each_stack: RecordedDeployment) -> None:
    policies = [resource.inputs["messageStoragePolicy"] for resource in each_stack.all(TOPIC)]
    assert [{"allowedPersistenceRegions": ["europe-west1"]}] * 2 == policies


def test_messages_can_be_replayed_for_a_week(each_stack: RecordedDeployment) -> None:
    week = f"{7 * 24 * 3600}s"
    assert [week, week] == [resource.inputs["messageRetentionDuration"] for resource in each_stack.all(TOPIC)]
    assert week == each_stack.one(SUBSCRIPTION, "push").inputs["messageRetentionDuration"]


def test_a_push_reaches_a_function_that_takes_internal_calls_only(each_stack: RecordedDeployment) -> None:
    """To Cloud Run a push of the same project is internal at the function's own run.app address, and at no other."""
    persist = each_stack.one(FUNCTION, "persist").inputs
    assert "ALLOW_INTERNAL_ONLY" == persist["serviceConfig"]["ingressSettings"]
    endpoint = each_stack.one(SUBSCRIPTION, "push").inputs["pushConfig"]["pushEndpoint"]
    assert address(persist["name"]) == endpoint
    assert endpoint.endswith(".run.app")
    assert "project" not in each_stack.one(SUBSCRIPTION, "push").inputs  # the provider's, as the function's


def test_the_audience_of_a_push_is_the_function_it_goes_to(each_stack: RecordedDeployment) -> None:
    push = each_stack.one(SUBSCRIPTION, "push").inputs["pushConfig"]
    assert push["pushEndpoint"] == push["oidcToken"]["audience"]
