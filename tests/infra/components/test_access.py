import pytest

from tests.support.infra.pulumi_mocks import PROJECT, account
from tests.support.infra.recorded_deployment import RecordedDeployment
from tests.support.infra.resource_types import FUNCTION

PROJECT_GRANT = "gcp:projects/iAMMember:IAMMember"
INVOKER_GRANT = "gcp:cloudrunv2/serviceIamMember:ServiceIamMember"
CUSTOM_ROLE = "gcp:projects/iAMCustomRole:IAMCustomRole"


def member(name: str) -> str:
    return f"serviceAccount:{account(name, 'dev')}"


def test_builds_have_an_identity_of_their_own(dev: RecordedDeployment) -> None:
    builders = {resource.inputs["buildConfig"]["serviceAccount"] for resource in dev.all(FUNCTION)}
    assert {"build-id"} == builders


def test_each_function_is_called_by_one_caller(dev: RecordedDeployment) -> None:
    granted = {
        (resource.inputs["name"], resource.inputs["role"], resource.inputs["member"])
        for resource in dev.all(INVOKER_GRANT)
    }
    assert {
        ("data-api-dev-generate", "roles/run.invoker", member("gateway")),
        ("data-api-dev-present", "roles/run.invoker", member("gateway")),
        ("data-api-dev-persist", "roles/run.invoker", member("push")),
        ("data-api-dev-dead-letter", "roles/run.invoker", member("dead-push")),
    } == granted


@pytest.mark.parametrize(
    "caller",
    [
        "gateway-invokes-generate",
        "gateway-invokes-present",
        "push-invokes-persist",
        "dead-letter-push-invokes-dead-letter",
    ],
)
def test_a_function_made_anew_is_opened_to_its_caller_anew(dev: RecordedDeployment, caller: str) -> None:
    function = dev.one(FUNCTION, caller.rpartition("-invokes-")[2])
    assert {function.urn} == dev.one(INVOKER_GRANT, caller).replaced_with


def test_generate_may_publish_to_one_topic(dev: RecordedDeployment) -> None:
    topics = [
        resource.inputs["topic"]
        for resource in dev.all("gcp:pubsub/topicIAMMember:TopicIAMMember")
        if (resource.inputs["member"], resource.inputs["role"]) == (member("generate"), "roles/pubsub.publisher")
    ]
    assert ["data-api-dev-records"] == topics


def test_persist_may_create_present_read_and_dead_letter_keep_letters_and_that_is_all(dev: RecordedDeployment) -> None:
    may = {resource.inputs["roleId"]: resource.inputs["permissions"] for resource in dev.all(CUSTOM_ROLE)}
    assert {
        "data_api_dev_create_records": ["datastore.entities.create"],
        "data_api_dev_read_records": ["datastore.entities.get", "datastore.entities.list"],
        "data_api_dev_keep_dead_letters": [f"datastore.entities.{verb}" for verb in ("create", "get", "update")],
    } == may
    roles = f"projects/{PROJECT}/roles/data_api_dev"
    granted = {resource.inputs["member"]: resource.inputs["role"] for resource in dev.all(PROJECT_GRANT)}
    assert (f"{roles}_create_records", f"{roles}_read_records", f"{roles}_keep_dead_letters") == (
        granted[member("persist")],
        granted[member("present")],
        granted[member("dead-letter")],
    )


def test_a_grant_on_the_whole_project_is_narrowed_where_google_can(dev: RecordedDeployment) -> None:
    narrowed = {
        (resource.inputs["member"], resource.inputs.get("condition", {}).get("expression"))
        for resource in dev.all(PROJECT_GRANT)
        if resource.inputs["role"] != "roles/logging.logWriter"  # logs belong to the project, whoever writes them
    }
    database = f"projects/{PROJECT}/databases/data-api-dev"
    this_database = f'resource.type == "firestore.googleapis.com/Database" && resource.name == "{database}"'
    assert {
        (member("persist"), this_database),
        (member("present"), this_database),
        (member("dead-letter"), this_database),
        (member("build"), 'resource.name.startsWith("projects/_/buckets/gcf-v2-sources-")'),
    } == narrowed


def test_only_builds_write_logs_by_a_grant_on_the_project(dev: RecordedDeployment) -> None:
    writers = [resource.inputs["member"] for resource in dev.all(PROJECT_GRANT) if "condition" not in resource.inputs]
    assert [member("build")] == writers
