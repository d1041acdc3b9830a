import base64
import json
from pathlib import Path

import pytest

from deployment.config_error import ConfigError
from tests.support.infra.pulumi_mocks import OPERATOR, PROJECT, Json, RecordedDeployment, account, address, run_program

API_KEY = "gcp:projects/apiKey:ApiKey"
GATEWAY = "gcp:apigateway/gateway:Gateway"
CONFIG = "gcp:apigateway/apiConfig:ApiConfig"


def document(rehearsal: RecordedDeployment) -> Json:
    """What the gateway is configured with."""
    (configured,) = rehearsal.one(CONFIG, "gateway").inputs["openapiDocuments"]
    read: Json = json.loads(base64.b64decode(configured["document"]["contents"]))
    return read


def test_the_gateway_knows_the_functions_addresses(dev: RecordedDeployment) -> None:
    backends = document(dev)["x-google-api-management"]["backends"]
    generate, present = address("data-api-dev-generate"), address("data-api-dev-present")
    assert {"generate": generate, "present": present, "health": present} == {
        name: each["jwtAudience"] for name, each in backends.items()
    }


def test_it_calls_them_under_its_own_identity(dev: RecordedDeployment) -> None:
    config = dev.one(CONFIG, "gateway").inputs["gatewayConfig"]
    assert account("gateway", "dev") == config["backendConfig"]["googleServiceAccount"]


def test_tokens_for_the_deployment_and_for_configured_clients_are_accepted() -> None:
    deployment = run_program("dev", {**OPERATOR, "data-api:audiences": '["a-client-id"]'})
    google = document(deployment)["components"]["securitySchemes"]["google"]["x-google-auth"]
    assert ["data-api-dev.a-project", "a-client-id"] == google["audiences"]
    assert "data-api-dev.a-project" == deployment.outputs["audience"]


def test_a_changed_configuration_never_meets_the_name_of_the_old_one(dev_or_prod: RecordedDeployment) -> None:
    inputs = dev_or_prod.one(CONFIG, "gateway").inputs
    assert "apiConfigId" not in inputs
    assert inputs["apiConfigIdPrefix"].endswith("-")


def test_the_new_configuration_is_there_before_the_old_one_goes(dev_or_prod: RecordedDeployment) -> None:
    configuration, gateway = dev_or_prod.one(CONFIG, "gateway"), dev_or_prod.one(GATEWAY, "gateway")
    assert not configuration.deletes_first
    assert configuration.urn in gateway.waits_for
    assert "gateway-id" == gateway.inputs["apiConfig"]


def test_the_gateway_is_let_in_before_it_is_configured_to_call(dev_or_prod: RecordedDeployment) -> None:
    let_in = {
        dev_or_prod.one("gcp:cloudrunv2/serviceIamMember:ServiceIamMember", f"gateway-invokes-{function}").urn
        for function in ("generate", "present")
    }
    assert let_in <= dev_or_prod.one(CONFIG, "gateway").waits_for


def test_only_the_configured_issuers_are_accepted() -> None:
    deployment = run_program("dev", {**OPERATOR, "data-api:issuers": '["identityPlatform"]'})
    configured = document(deployment)
    assert {"identityPlatform"} == configured["components"]["securitySchemes"].keys()
    assert [{"identityPlatform": []}] == configured["security"]


def test_users_may_be_signed_in_by_another_projects_identity_platform() -> None:
    deployment = run_program("dev", {**OPERATOR, "data-api:identityPlatformProject": "our-users"})
    platform = document(deployment)["components"]["securitySchemes"]["identityPlatform"]["x-google-auth"]
    assert ("https://securetoken.google.com/our-users", ["our-users"]) == (platform["issuer"], platform["audiences"])


def test_no_stack_demands_api_keys_unasked(dev_or_prod: RecordedDeployment) -> None:
    assert [] == dev_or_prod.all(API_KEY)
    assert "apiKey" not in dev_or_prod.outputs
    assert "quota" not in document(dev_or_prod)["x-google-api-management"]


def test_with_a_quota_there_is_a_first_key_for_this_api_alone(full: RecordedDeployment) -> None:
    (key,) = full.all(API_KEY)
    service = "the-api.apigateway.example"
    assert {"apiTargets": [{"service": service}]} == key.inputs["restrictions"]
    turned_on = full.one("gcp:projects/service:Service", "gateway")
    assert service == turned_on.inputs["service"]
    assert turned_on.urn in key.waits_for
    assert full.one(GATEWAY, "gateway").urn in turned_on.waits_for  # till then there is nothing to turn on
    assert 600 == document(full)["x-google-api-management"]["quota"]["limits"]["requests-per-minute"]["values"]


def test_the_key_is_exported_as_the_secret_that_it_is(full: RecordedDeployment) -> None:
    assert "a-key" == full.outputs["apiKey"]
    assert {"apiKey"} == full.secrets


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_preview_asks_for_the_same_without_asking_the_cloud(stack: str, request: pytest.FixtureRequest) -> None:
    made: RecordedDeployment = request.getfixturevalue(stack)
    previewed = run_program(stack, preview=True)
    assert {resource.urn for resource in made.resources} == {resource.urn for resource in previewed.resources}


def test_a_contract_that_cannot_be_deployed_is_refused_before_anything_is_made(project_copy: Path) -> None:
    contract = (project_copy / "openapi.yaml").read_text()
    (project_copy / "openapi.yaml").write_text(contract.replace('address: "{present}"', 'address: "{presenter}"'))
    with pytest.raises(ConfigError, match="address of the backend present"):
        run_program("dev", preview=True, root=project_copy)


def test_what_operators_and_clients_need_is_exported(dev: RecordedDeployment) -> None:
    assert {
        "url": "https://gateway.example",
        "audience": f"data-api-dev.{PROJECT}",
        "project": PROJECT,
        "database": "data-api-dev",
        "topic": "data-api-dev-records",
        "subscription": "data-api-dev-records-push",
        "deadLetters": "data-api-dev-records-dead-letters",
        "dashboard": "https://console.cloud.google.com/monitoring/dashboards/builder/dashboard-id?project=a-project",
        "functions": {each: f"data-api-dev-{each}" for each in ("generate", "persist", "present", "dead-letter")},
    } == dev.outputs
