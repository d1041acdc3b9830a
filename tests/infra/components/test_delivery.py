import pytest

from tests.support.infra.pulumi_mocks import address
from tests.support.infra.recorded_deployment import RecordedDeployment
from tests.support.infra.resource_types import FUNCTION, INVOKER_GRANT, JOB, SUBSCRIPTION, TOPIC, TOPIC_GRANT


@pytest.mark.parametrize(("subscription", "function"), [("push", "persist"), ("dead-letter-push", "dead-letter")])
def test_a_push_waits_as_long_as_its_function_may_take(
    dev_or_prod: RecordedDeployment, subscription: str, function: str
) -> None:
    service = dev_or_prod.one(FUNCTION, function).inputs["serviceConfig"]
    assert service["timeoutSeconds"] <= dev_or_prod.one(SUBSCRIPTION, subscription).inputs["ackDeadlineSeconds"]


def test_a_message_is_retried_for_two_hours_before_it_becomes_a_dead_letter(dev_or_prod: RecordedDeployment) -> None:
    push = dev_or_prod.one(SUBSCRIPTION, "push").inputs
    first, longest = (int(push["retryPolicy"][name].removesuffix("s")) for name in ("minimumBackoff", "maximumBackoff"))
    retries = int(push["deadLetterPolicy"]["maxDeliveryAttempts"]) - 1
    assert 2 * 3600 < sum(min(first * 2**attempt, longest) for attempt in range(retries)) < 3 * 3600


def test_the_first_push_waits_for_its_grants_and_for_the_subscriptions_of_dead_letters(
    dev_or_prod: RecordedDeployment,
) -> None:
    dependencies = {
        dev_or_prod.one(SUBSCRIPTION, "dead-letters").urn,
        dev_or_prod.one(SUBSCRIPTION, "dead-letter-push").urn,
        dev_or_prod.one(TOPIC_GRANT, "agent-publishes-dead-letters").urn,
        dev_or_prod.one(INVOKER_GRANT, "push-invokes-persist").urn,
    }
    assert dependencies <= dev_or_prod.one(SUBSCRIPTION, "push").waits_for


def test_messages_are_stored_in_the_region_of_the_stack(each_stack: RecordedDeployment) -> None:
    policies = [resource.inputs["messageStoragePolicy"] for resource in each_stack.all(TOPIC)]
    assert [{"allowedPersistenceRegions": ["europe-west1"]}] * 2 == policies


def test_exactly_the_functions_that_google_calls_accept_internal_calls_only(each_stack: RecordedDeployment) -> None:
    """For Cloud Run a push or a schedule of the same project is internal only at the function's own run.app URL."""
    pushes = [resource.inputs for resource in each_stack.all(SUBSCRIPTION) if "pushConfig" in resource.inputs]
    internal = {
        address(resource.inputs["name"])
        for resource in each_stack.all(FUNCTION)
        if resource.inputs["serviceConfig"]["ingressSettings"] == "ALLOW_INTERNAL_ONLY"
    }
    scheduled = {job.inputs["httpTarget"]["uri"] for job in each_stack.all(JOB)}
    assert internal == {push["pushConfig"]["pushEndpoint"] for push in pushes} | scheduled
    assert all(url.endswith(".run.app") for url in internal)
    assert all("project" not in push for push in pushes)  # the provider's project, as for the function
