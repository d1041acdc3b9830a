import ast

import pytest

from dataapi.auth.authorization import AccessPolicy
from dataapi.gcp import settings
from deployment.archive import files
from deployment.build import VARIABLE as BUILD
from tests.support.infra.pulumi_mocks import PROJECT
from tests.support.infra.pulumi_program import run_program
from tests.support.infra.recorded_deployment import RecordedDeployment
from tests.support.infra.resource_types import FUNCTION, TOPIC
from tests.support.infra.stack_settings import OPERATOR, ROOT

FUNCTIONS = ("generate", "persist", "present", "delete", "dead-letter", "web")
SERVICES_OF = {  # by the module of pulumi_gcp
    "apigateway": {"apigateway", "servicemanagement", "servicecontrol"},
    "artifactregistry": {"artifactregistry"},
    "certificatemanager": {"certificatemanager"},
    "cloudfunctionsv2": {"cloudfunctions", "cloudbuild", "run", "logging"},
    "cloudrunv2": {"run"},
    "cloudscheduler": {"cloudscheduler"},
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


def enabled(deployment: RecordedDeployment) -> set[str]:
    """The services that a stack enables; `gateway` is the API itself, for its keys."""
    return {resource.name for resource in deployment.all("gcp:projects/service:Service")}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_built_from_its_own_file(dev: RecordedDeployment, function: str) -> None:
    build = dev.one(FUNCTION, function).inputs["buildConfig"]
    file = build["environmentVariables"]["GOOGLE_FUNCTION_SOURCE"]
    assert file in files(ROOT)
    tree = ast.parse((ROOT / "functions" / file).read_text())
    assert build["entryPoint"] in [node.name for node in tree.body if isinstance(node, ast.AsyncFunctionDef)]
    assert ("build-id", "source-id") == (build["serviceAccount"], build["dockerRepository"])


def test_a_build_waits_for_its_grants(dev: RecordedDeployment) -> None:
    grants = {
        dev.one("gcp:artifactregistry/repositoryIamMember:RepositoryIamMember", "build-writes-images").urn,
        dev.one("gcp:projects/iAMMember:IAMMember", "build-writes-logs").urn,
        dev.one("gcp:projects/iAMMember:IAMMember", "build-reads-source").urn,
    }
    assert all(grants <= resource.waits_for for resource in dev.all(FUNCTION))


def test_the_environment_of_functions_has_exactly_the_variables_that_they_read(
    dev_or_prod: RecordedDeployment,
) -> None:
    access = {settings.ROLE_CLAIM, settings.GRANTS, settings.LIMITS, settings.CORS_ORIGINS}
    always = {settings.PROJECT, "LOG_EXECUTION_ID", BUILD}
    assert always | access | {settings.TOPIC} == dev_or_prod.environment("generate").keys()
    assert always | {settings.DATABASE} == dev_or_prod.environment("persist").keys()
    assert always | access | {settings.DATABASE, settings.MAX_WAITING} == dev_or_prod.environment("present").keys()
    assert always | access | {settings.DATABASE} == dev_or_prod.environment("delete").keys()
    assert always | {settings.ROLE_CLAIM} == dev_or_prod.environment("web").keys()
    assert always | {settings.DATABASE, settings.RETENTION_DAYS} == dev_or_prod.environment("dead-letter").keys()


def test_the_environment_of_functions_names_the_project_and_the_topic(dev: RecordedDeployment) -> None:
    assert {PROJECT} == {dev.environment(function)[settings.PROJECT] for function in FUNCTIONS}
    assert dev.one(TOPIC, "records").inputs["name"] == dev.environment("generate")[settings.TOPIC]


def test_functions_read_the_access_policy_that_the_stack_configures() -> None:
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


def test_functions_are_as_large_and_as_many_as_configured() -> None:
    configured = {
        "memory": 1024,
        "cpu": 2,
        "concurrency": 7,
        "minInstances": 3,
        "maxInstances": 9,
        "timeoutSeconds": 50,
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
        "timeoutSeconds": 50,
    }
    for resource in deployment.all(FUNCTION):
        expected["minInstanceCount"] = 0 if resource.name in {"dead-letter", "web"} else 3
        assert expected == {name: resource.inputs["serviceConfig"][name] for name in expected}


def test_every_service_that_a_resource_uses_is_enabled(each_stack: RecordedDeployment) -> None:
    modules = {
        resource.type.split(":")[1].split("/")[0]
        for resource in each_stack.resources
        if resource.type.startswith("gcp:")
    }
    assert modules <= SERVICES_OF.keys()
    needed = {service for module in modules for service in SERVICES_OF[module]}
    assert needed <= enabled(each_stack)


def test_a_service_that_only_an_option_needs_is_enabled_only_with_it(
    dev: RecordedDeployment, full: RecordedDeployment
) -> None:
    options = {
        "compute",
        "dns",
        "cloudkms",
        "eventarc",
        "apikeys",
        "gateway",
        "cloudtrace",
        "telemetry",
        "certificatemanager",
        "cloudscheduler",
    }
    assert options == enabled(full) - enabled(dev)


def test_every_resource_waits_for_the_services(each_stack: RecordedDeployment) -> None:
    service = "gcp:projects/service:Service"
    services = {each_stack.one(service, name).urn for name in enabled(each_stack) - {"gateway"}}
    others = [
        resource for resource in each_stack.resources if resource.type.startswith("gcp:") and resource.type != service
    ]
    assert others
    assert [] == [other.name for other in others if not services <= other.waits_for]


def test_destroying_a_stack_does_not_disable_the_services_of_the_project(dev_or_prod: RecordedDeployment) -> None:
    assert {False} == {
        resource.inputs["disableOnDestroy"] for resource in dev_or_prod.all("gcp:projects/service:Service")
    }
