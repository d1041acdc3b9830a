import pytest

from tests.support.infra.pulumi_mocks import agent
from tests.support.infra.pulumi_program import run_program
from tests.support.infra.recorded_deployment import RecordedDeployment, Resource
from tests.support.infra.resource_types import FUNCTION
from tests.support.infra.stack_settings import OPERATOR

RING = "gcp:kms/keyRing:KeyRing"
KEY = "gcp:kms/cryptoKey:CryptoKey"
KEY_GRANT = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
AGENT = "gcp:projects/serviceIdentity:ServiceIdentity"
TOPIC = "gcp:pubsub/topic:Topic"
DATABASE = "gcp:firestore/database:Database"
BUCKET = "gcp:storage/bucket:Bucket"
REPOSITORY = "gcp:artifactregistry/repository:Repository"
REPOSITORY_GRANT = "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember"
# Which service agents use which key: https://cloud.google.com/functions/docs/securing/cmek for functions.
USERS = {
    "messages-id": {agent("gcp-sa-pubsub")},
    "functions-id": {
        agent("gcf-admin-robot"),
        agent("serverless-robot-prod"),
        agent("gcp-sa-artifactregistry"),
        agent("gs-project-accounts"),
        agent("gcp-sa-eventarc"),
    },
    "records-id": {agent("gcp-sa-firestore")},
}


def key_of(resource: Resource) -> str | None:
    """The key that a resource is encrypted with."""
    for name in ("encryption", "cmekConfig"):
        if name in resource.inputs:
            (key,) = resource.inputs[name].values()
            return str(key)
    return resource.inputs.get("kmsKeyName")


def encrypted(deployment: RecordedDeployment) -> dict[str, str | None]:
    """The key of each resource that can have one."""
    return {
        f"{type_.rpartition(':')[2]} {resource.name}": key_of(resource)
        for type_ in (TOPIC, FUNCTION, REPOSITORY, BUCKET, DATABASE)
        for resource in deployment.all(type_)
    }


def grants(deployment: RecordedDeployment, key: str) -> list[Resource]:
    return [resource for resource in deployment.all(KEY_GRANT) if resource.inputs["cryptoKeyId"] == key]


def test_a_stack_has_no_keys_by_default(dev_or_prod: RecordedDeployment) -> None:
    assert [] == [resource.urn for resource in dev_or_prod.resources if resource.type.startswith("gcp:kms")]
    assert {None} == {*encrypted(dev_or_prod).values()}


def test_every_resource_that_can_have_a_key_has_one(full: RecordedDeployment) -> None:
    assert {
        "Topic records": "messages-id",
        "Topic dead-letters": "messages-id",
        "Function dead-letter": "functions-id",
        "Function delete": "functions-id",
        "Function generate": "functions-id",
        "Function persist": "functions-id",
        "Function present": "functions-id",
        "Function probe": "functions-id",
        "Function web": "functions-id",
        "Repository source": "functions-id",  # Google requires the key of the functions
        "Bucket data-api-prod-source": "functions-id",
        "Bucket data-api-prod-page": "functions-id",
        "Database database": "records-id",
    } == encrypted(full)


@pytest.mark.parametrize(
    ("option", "keys"),
    [("customerManagedKeys", {"messages-id", "functions-id", None}), ("databaseKey", {"records-id", None})],
)
def test_the_key_of_the_database_is_a_separate_option(option: str, keys: set[str | None]) -> None:
    deployment = run_program("dev", {**OPERATOR, f"data-api:{option}": "true"})
    assert keys == {*encrypted(deployment).values()}
    assert {f"{key.name}-id" for key in deployment.all(KEY)} == keys - {None}


def test_each_key_may_be_used_by_exactly_the_service_agents_that_need_it(full: RecordedDeployment) -> None:
    assert USERS == {key: {grant.inputs["member"] for grant in grants(full, key)} for key in USERS}
    assert {"roles/cloudkms.cryptoKeyEncrypterDecrypter"} == {
        resource.inputs["role"] for resource in full.all(KEY_GRANT)
    }
    assert len(full.all(KEY_GRANT)) == sum(map(len, USERS.values()))


def test_a_resource_with_a_key_waits_for_all_grants_on_it(full: RecordedDeployment) -> None:
    for type_ in (TOPIC, FUNCTION, REPOSITORY, BUCKET, DATABASE):
        for resource in full.all(type_):
            key = key_of(resource)
            assert key is not None
            assert {grant.urn for grant in grants(full, key)} <= resource.waits_for, resource.name


def test_a_grant_waits_for_its_service_agent(full: RecordedDeployment) -> None:
    agents = {resource.inputs["service"].removesuffix(".googleapis.com"): resource.urn for resource in full.all(AGENT)}
    for grant in full.all(KEY_GRANT):
        service = grant.name.partition("-uses-")[0]
        assert agents[service] in grant.waits_for
    assert len(agents) == len(full.all(AGENT))  # one resource for each agent


def test_functions_with_a_key_wait_for_the_grant_to_store_their_images(
    full: RecordedDeployment, prod: RecordedDeployment
) -> None:
    grant = full.one(REPOSITORY_GRANT, "cloudfunctions-keeps-images")
    assert ("roles/artifactregistry.admin", agent("gcf-admin-robot")) == (grant.inputs["role"], grant.inputs["member"])
    assert all(grant.urn in resource.waits_for for resource in full.all(FUNCTION))
    assert ["build-writes-images"] == [resource.name for resource in prod.all(REPOSITORY_GRANT)]
