from tests.support.infra.recorded_deployment import RecordedDeployment

REPOSITORY = "gcp:artifactregistry/repository:Repository"


def test_old_images_are_deleted_and_the_newest_stay_for_a_way_back(each_stack: RecordedDeployment) -> None:
    (repository,) = each_stack.all(REPOSITORY)
    deleting, keeping = repository.inputs["cleanupPolicies"]
    assert ("DELETE", {"olderThan": f"{30 * 24 * 3600}s", "tagState": "ANY"}) == (
        deleting["action"],
        deleting["condition"],
    )
    assert ("KEEP", {"keepCount": 5}) == (keeping["action"], keeping["mostRecentVersions"])
    assert repository.inputs["cleanupPolicyDryRun"] is False


def test_images_are_built_into_the_stacks_own_repository(each_stack: RecordedDeployment) -> None:
    (repository,) = each_stack.all(REPOSITORY)
    assert ("DOCKER", "europe-west1") == (repository.inputs["format"], repository.inputs["location"])
    functions = each_stack.all("gcp:cloudfunctionsv2/function:Function")
    assert ["source-id"] * 4 == [function.inputs["buildConfig"]["dockerRepository"] for function in functions]
