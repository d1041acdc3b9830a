import base64
import json

import pytest

from tests.support.infra.pulumi_mocks import PROJECT, account, address
from tests.support.infra.recorded_deployment import RecordedDeployment
from tests.support.infra.resource_types import (
    CONFIGURATION,
    FUNCTION,
    INVOKER_GRANT,
    JOB,
    PROJECT_GRANT,
    SUBSCRIPTION,
)

CUSTOM_ROLE = "gcp:projects/iAMCustomRole:IAMCustomRole"
CHANGE = [f"datastore.entities.{action}" for action in ("create", "get", "list", "update", "delete")]


def member(name: str) -> str:
    return f"serviceAccount:{account(name, 'dev')}"


def test_every_function_is_invoked_by_the_service_account_that_calls_it(each_stack: RecordedDeployment) -> None:
    callers = {}
    for subscription in each_stack.all(SUBSCRIPTION):
        if push := subscription.inputs.get("pushConfig"):
            callers[push["pushEndpoint"]] = push["oidcToken"]["serviceAccountEmail"]
    for job in each_stack.all(JOB):
        callers[job.inputs["httpTarget"]["uri"]] = job.inputs["httpTarget"]["oidcToken"]["serviceAccountEmail"]
    gateway = each_stack.one(CONFIGURATION, "gateway").inputs
    document = json.loads(base64.b64decode(gateway["openapiDocuments"][0]["document"]["contents"]))
    for backend in document["x-google-api-management"]["backends"].values():
        callers[backend["jwtAudience"]] = gateway["gatewayConfig"]["backendConfig"]["googleServiceAccount"]
    grants = {address(grant.inputs["name"]): grant.inputs["member"] for grant in each_stack.all(INVOKER_GRANT)}
    assert {url: f"serviceAccount:{caller}" for url, caller in callers.items()} == grants
    assert {"roles/run.invoker"} == {grant.inputs["role"] for grant in each_stack.all(INVOKER_GRANT)}


@pytest.mark.parametrize(
    "caller",
    [
        "gateway-invokes-generate",
        "gateway-invokes-present",
        "push-invokes-persist",
        "dead-letter-push-invokes-dead-letter",
    ],
)
def test_a_replaced_function_gets_the_grant_of_its_caller_again(dev: RecordedDeployment, caller: str) -> None:
    function = dev.one(FUNCTION, caller.rpartition("-invokes-")[2])
    assert {function.urn} == dev.one(INVOKER_GRANT, caller).replaced_with


def test_generate_may_publish_to_one_topic(dev: RecordedDeployment) -> None:
    topics = [
        resource.inputs["topic"]
        for resource in dev.all("gcp:pubsub/topicIAMMember:TopicIAMMember")
        if (resource.inputs["member"], resource.inputs["role"]) == (member("generate"), "roles/pubsub.publisher")
    ]
    assert ["data-api-dev-records"] == topics


def test_persist_may_create_records_present_may_read_and_two_may_change_documents(
    dev: RecordedDeployment,
) -> None:
    permissions = {resource.inputs["roleId"]: resource.inputs["permissions"] for resource in dev.all(CUSTOM_ROLE)}
    assert {
        "data_api_dev_create_records": ["datastore.entities.create"],
        "data_api_dev_read_records": ["datastore.entities.get", "datastore.entities.list"],
        "data_api_dev_delete_records": CHANGE,
        "data_api_dev_keep_dead_letters": CHANGE,
    } == permissions
    roles = f"projects/{PROJECT}/roles/data_api_dev"
    granted = {resource.inputs["member"]: resource.inputs["role"] for resource in dev.all(PROJECT_GRANT)}
    actions = ("create_records", "read_records", "delete_records", "keep_dead_letters")
    assert tuple(f"{roles}_{action}" for action in actions) == (
        granted[member("persist")],
        granted[member("present")],
        granted[member("delete")],
        granted[member("dead-letter")],
    )
