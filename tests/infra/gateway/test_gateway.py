import base64
import json
import re
from pathlib import Path

import pytest

from deployment.config_error import ConfigError
from tests.support.infra.pulumi_mocks import address
from tests.support.infra.pulumi_program import run_program
from tests.support.infra.recorded_deployment import Json, RecordedDeployment
from tests.support.infra.stack_settings import FULL, OPERATOR, ROOT

API_KEY = "gcp:projects/apiKey:ApiKey"
GATEWAY = "gcp:apigateway/gateway:Gateway"
CONFIG = "gcp:apigateway/apiConfig:ApiConfig"


def document(deployment: RecordedDeployment) -> Json:
    """The OpenAPI document of the gateway."""
    (configured,) = deployment.one(CONFIG, "gateway").inputs["openapiDocuments"]
    result: Json = json.loads(base64.b64decode(configured["document"]["contents"]))
    return result


def test_the_gateway_has_the_urls_of_the_functions(dev: RecordedDeployment) -> None:
    backends = document(dev)["x-google-api-management"]["backends"]
    functions = {name: address(f"data-api-dev-{name}") for name in ("generate", "present", "delete", "web")}
    assert {**functions, "changes": functions["present"], "health": functions["present"]} == {
        name: backend["jwtAudience"] for name, backend in backends.items()
    }


def test_tokens_for_the_deployment_and_for_configured_clients_are_accepted() -> None:
    deployment = run_program("dev", {**OPERATOR, "data-api:audiences": '["a-client-id"]'})
    google = document(deployment)["components"]["securitySchemes"]["google"]["x-google-auth"]
    assert ["data-api-dev.a-project", "a-client-id"] == google["audiences"]
    assert "data-api-dev.a-project" == deployment.outputs["audience"]


def test_a_new_configuration_is_created_before_the_old_one_is_deleted(dev_or_prod: RecordedDeployment) -> None:
    configuration, gateway = dev_or_prod.one(CONFIG, "gateway"), dev_or_prod.one(GATEWAY, "gateway")
    assert not configuration.deletes_first
    assert configuration.urn in gateway.waits_for
    assert "gateway-id" == gateway.inputs["apiConfig"]


def test_the_gateway_may_invoke_the_functions_before_it_is_configured(dev_or_prod: RecordedDeployment) -> None:
    grants = {
        dev_or_prod.one("gcp:cloudrunv2/serviceIamMember:ServiceIamMember", f"gateway-invokes-{function}").urn
        for function in ("generate", "present", "delete", "web")
    }
    assert grants <= dev_or_prod.one(CONFIG, "gateway").waits_for


def test_only_the_configured_issuers_are_accepted() -> None:
    deployment = run_program("dev", {**OPERATOR, "data-api:issuers": '["identityPlatform"]'})
    configured = document(deployment)
    assert {"identityPlatform"} == configured["components"]["securitySchemes"].keys()
    assert [{"identityPlatform": []}] == configured["security"]


def test_the_identity_platform_may_be_that_of_another_project() -> None:
    deployment = run_program("dev", {**OPERATOR, "data-api:identityPlatformProject": "our-users"})
    platform = document(deployment)["components"]["securitySchemes"]["identityPlatform"]["x-google-auth"]
    assert ("https://securetoken.google.com/our-users", ["our-users"]) == (platform["issuer"], platform["audiences"])


def test_a_stack_requires_no_api_keys_by_default(dev_or_prod: RecordedDeployment) -> None:
    assert [] == dev_or_prod.all(API_KEY)
    assert "apiKey" not in dev_or_prod.outputs
    assert "quota" not in document(dev_or_prod)["x-google-api-management"]


def test_a_stack_with_a_quota_has_an_api_key_for_this_api_only(full: RecordedDeployment) -> None:
    (key,) = full.all(API_KEY)
    service = "the-api.apigateway.example"
    assert {"apiTargets": [{"service": service}]} == key.inputs["restrictions"]
    service_of_api = full.one("gcp:projects/service:Service", "gateway")
    assert service == service_of_api.inputs["service"]
    assert service_of_api.urn in key.waits_for
    assert full.one(GATEWAY, "gateway").urn in service_of_api.waits_for  # the service exists only after it
    assert 600 == document(full)["x-google-api-management"]["quota"]["limits"]["requests-per-minute"]["values"]


def test_the_api_key_is_exported_as_a_secret(full: RecordedDeployment) -> None:
    assert "a-key" == full.outputs["apiKey"]
    assert {"apiKey"} == full.secrets


@pytest.mark.parametrize(("stack", "settings"), [("dev", OPERATOR), ("prod", OPERATOR), ("prod", FULL)])
def test_a_preview_declares_the_same_resources(stack: str, settings: dict[str, str]) -> None:
    deployed, previewed = run_program(stack, settings), run_program(stack, settings, preview=True)
    assert {resource.urn for resource in deployed.resources} == {resource.urn for resource in previewed.resources}


def test_a_contract_that_cannot_be_deployed_is_rejected_in_a_preview(project_copy: Path) -> None:
    contract = (project_copy / "openapi.yaml").read_text()
    (project_copy / "openapi.yaml").write_text(contract.replace('address: "{present}"', 'address: "{presenter}"'))
    with pytest.raises(ConfigError, match="address of the backend present"):
        run_program("dev", preview=True, root=project_copy)


def test_outputs_that_documents_workflows_and_the_program_read_are_exported() -> None:
    """`apiKey`, `tester` and `dnsRecords` depend on settings."""
    options = {"data-api:quotaPerMinute": "1", "data-api:tester": "data-api-tester@a-project.iam.gserviceaccount.com"}
    options |= {"data-api:webDomain": "data.example.com"}
    outputs = run_program("dev", {**OPERATOR, **options}).outputs
    files = [*(ROOT / "docs").glob("*.md"), *(ROOT / ".github").rglob("*.yml")]
    documented = {name for file in files for name in re.findall(r"stack output (\w+)", file.read_text())}
    assert {"url", "audience", "apiKey", "tester", "dashboard"} <= documented
    assert (
        documented | {"project", "region", "gateway", "database", "topic", "subscription", "deadLetters", "functions"}
        <= outputs.keys()
    )
