import ast

import pytest

from dataapi.auth.authorization import AccessPolicy
from dataapi.gcp import settings
from deployment.archive import FILES
from tests.support.infra.pulumi_mocks import PROJECT
from tests.support.infra.pulumi_program import run_program
from tests.support.infra.recorded_deployment import RecordedDeployment
from tests.support.infra.resource_types import FUNCTION
from tests.support.infra.stack_settings import OPERATOR, ROOT

FUNCTIONS = ("generate", "persist", "present", "dead-letter")
SERVICES_OF = {  # by the module of pulumi_gcp
    "apigateway": {"apigateway", "servicemanagement", "servicecontrol"},
    "artifactregistry": {"artifactregistry"},
    "cloudfunctionsv2": {"cloudfunctions", "cloudbuild", "run", "logging"},
    "cloudrunv2": {"run"},
    "compute": {"compute"},
    "dns": {"dns"},
    "firestore": {"firestore"},
    "kms": {"cloudkms"},
    "logging": {"logging"},
    "monitoring": {"monitoring"},
    "projects": {"cloudresourcemanager", "iam"},
    "pubsub": {"pubsub"},
    "serviceaccount": {"iam"},
    "storage": {"storage"},
}


def turned_on(deployment: RecordedDeployment) -> set[str]:
    """The services that a stack turns on; `gateway` is the API itself, for its keys."""
    return {resource.name for resource in deployment.all("gcp:projects/service:Service")}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_built_from_its_own_file(dev: RecordedDeployment, function: str) -> None:
    build = dev.one(FUNCTION, function).inputs["buildConfig"]
    file = build["environmentVariables"]["GOOGLE_FUNCTION_SOURCE"]
    assert file in FILES
    tree = ast.parse((ROOT / "functions" / file).read_text())
    assert build["entryPoint"] in [node.name for node in tree.body if isinstance(node, ast.AsyncFunctionDef)]
    assert ("build-id", "source-id") == (build["serviceAccount"], build["dockerRepository"])


def test_a_build_waits_for_all_that_it_may(dev: RecordedDeployment) -> None:
    grants = {
        dev.one("gcp:artifactregistry/repositoryIamMember:RepositoryIamMember", "build-writes-images").urn,
        dev.one("gcp:projects/iAMMember:IAMMember", "build-writes-logs").urn,
        dev.one("gcp:projects/iAMMember:IAMMember", "build-reads-source").urn,
    }
    assert all(grants <= resource.waits_for for resource in dev.all(FUNCTION))


def test_functions_find_in_their_environment_what_they_read_there_and_nothing_else(
    dev_or_prod: RecordedDeployment,
) -> None:
    access = {settings.ROLE_CLAIM, settings.GRANTS, settings.LIMITS, settings.CORS_ORIGINS}
    always = {settings.PROJECT, "LOG_EXECUTION_ID"}
    assert always | access | {settings.TOPIC} == dev_or_prod.environment("generate").keys()
    assert always | {settings.DATABASE} == dev_or_prod.environment("persist").keys()
    assert always | access | {settings.DATABASE} == dev_or_prod.environment("present").keys()
    assert always | {settings.DATABASE, settings.RETENTION_DAYS} == dev_or_prod.environment("dead-letter").keys()


def test_functions_are_told_their_project_and_topic(dev: RecordedDeployment) -> None:
    assert {PROJECT} == {dev.environment(function)[settings.PROJECT] for function in FUNCTIONS}
    assert "data-api-dev-records" == dev.environment("generate")[settings.TOPIC]


def test_functions_run_on_a_python_that_google_supports(each_stack: RecordedDeployment) -> None:
    assert {"python313"} == {resource.inputs["buildConfig"]["runtime"] for resource in each_stack.all(FUNCTION)}


def test_the_framework_leaves_the_functions_logging_alone(dev_or_prod: RecordedDeployment) -> None:
    assert {"false"} == {dev_or_prod.environment(function)["LOG_EXECUTION_ID"] for function in FUNCTIONS}


def test_functions_read_the_access_that_the_stack_configures() -> None:
    configured = {
        "data-api:roleClaim": "roles",
        "data-api:grants": '{"data.read": ["user:Ada@example.com", "domain:example.com"]}',
        "data-api:corsOrigins": '["https://app.example.com", "http://localhost:8000"]',
    }
    deployment = run_program("dev", {**OPERATOR, **configured})
    expected = AccessPolicy(
        "roles",
        {"data.read": frozenset({"user:ada@example.com", "domain:example.com"})},
        frozenset({"https://app.example.com", "http://localhost:8000"}),
    )
    assert expected == settings.access_policy(deployment.environment("generate"))
    assert expected == settings.access_policy(deployment.environment("present"))


def test_what_pubsub_calls_is_closed_to_the_internet(dev_or_prod: RecordedDeployment) -> None:
    ingress = {
        resource.name: resource.inputs["serviceConfig"]["ingressSettings"] for resource in dev_or_prod.all(FUNCTION)
    }
    internal = dict.fromkeys(("persist", "dead-letter"), "ALLOW_INTERNAL_ONLY")
    assert {"generate": "ALLOW_ALL", "present": "ALLOW_ALL", **internal} == ingress


def test_functions_are_as_large_and_as_many_as_configured() -> None:
    configured = {
        "memory": 1024,
        "cpu": 2,
        "concurrency": 7,
        "minInstances": 3,
        "maxInstances": 9,
        "timeoutSeconds": 30,
    }
    deployment = run_program(
        "dev", {**OPERATOR, **{f"data-api:{key}": str(value) for key, value in configured.items()}}
    )
    expected = {
        "availableMemory": "1024Mi",
        "availableCpu": "2",
        "maxInstanceRequestConcurrency": 7,
        "minInstanceCount": 3,
        "maxInstanceCount": 9,
        "timeoutSeconds": 30,
    }
    for resource in deployment.all(FUNCTION):
        expected["minInstanceCount"] = 0 if resource.name == "dead-letter" else 3
        assert expected == {name: resource.inputs["serviceConfig"][name] for name in expected}


def test_only_prod_keeps_instances_warm_and_none_for_dead_letters(
    dev: RecordedDeployment, prod: RecordedDeployment
) -> None:
    assert [0, 0, 0, 0] == [resource.inputs["serviceConfig"]["minInstanceCount"] for resource in dev.all(FUNCTION)]
    warm = {resource.name: resource.inputs["serviceConfig"]["minInstanceCount"] for resource in prod.all(FUNCTION)}
    assert {"generate": 1, "persist": 1, "present": 1, "dead-letter": 0} == warm


def test_every_service_that_a_resource_speaks_to_is_turned_on(each_stack: RecordedDeployment) -> None:
    modules = {
        resource.type.split(":")[1].split("/")[0]
        for resource in each_stack.resources
        if resource.type.startswith("gcp:")
    }
    assert modules <= SERVICES_OF.keys()
    needed = {service for module in modules for service in SERVICES_OF[module]}
    assert needed <= turned_on(each_stack)


def test_what_only_an_option_needs_is_turned_on_with_it_alone(
    dev: RecordedDeployment, full: RecordedDeployment
) -> None:
    options = {"compute", "dns", "cloudkms", "eventarc", "apikeys", "gateway", "cloudtrace", "telemetry"}
    assert options == turned_on(full) - turned_on(dev)


def test_every_resource_waits_for_the_services(each_stack: RecordedDeployment) -> None:
    service = "gcp:projects/service:Service"
    services = {each_stack.one(service, name).urn for name in turned_on(each_stack) - {"gateway"}}
    others = [
        resource for resource in each_stack.resources if resource.type.startswith("gcp:") and resource.type != service
    ]
    assert others
    assert [] == [other.name for other in others if not services <= other.waits_for]


def test_a_destroyed_stack_leaves_the_projects_services_on(dev_or_prod: RecordedDeployment) -> None:
    assert {False} == {
        resource.inputs["disableOnDestroy"] for resource in dev_or_prod.all("gcp:projects/service:Service")
    }
