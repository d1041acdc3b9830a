import base64
import json
from pathlib import Path

import pytest

from refusal import Refusal
from tests.rehearsal import OPERATOR, PROJECT, Json, Rehearsal, account, address, rehearse

CONFIG = "gcp:apigateway/apiConfig:ApiConfig"


def document(rehearsal: Rehearsal) -> Json:
    """What the gateway is configured with."""
    (configured,) = rehearsal.one(CONFIG, "gateway").inputs["openapiDocuments"]
    read: Json = json.loads(base64.b64decode(configured["document"]["contents"]))
    return read


def test_the_gateway_knows_the_functions_addresses(dev: Rehearsal) -> None:
    backends = document(dev)["x-google-api-management"]["backends"]
    generate, present = address("data-api-dev-generate"), address("data-api-dev-present")
    assert {"generate": generate, "present": present, "health": present} == {
        name: each["jwtAudience"] for name, each in backends.items()
    }


def test_it_calls_them_under_its_own_identity(dev: Rehearsal) -> None:
    config = dev.one(CONFIG, "gateway").inputs["gatewayConfig"]
    assert account("gateway", "dev") == config["backendConfig"]["googleServiceAccount"]


def test_tokens_for_the_deployment_and_for_configured_clients_are_accepted() -> None:
    found = rehearse("dev", {**OPERATOR, "data-api:audiences": '["a-client-id"]'})
    google = document(found)["components"]["securitySchemes"]["google"]["x-google-auth"]
    assert ["data-api-dev.a-project", "a-client-id"] == google["audiences"]
    assert "data-api-dev.a-project" == found.outputs["audience"]


def test_a_changed_configuration_never_meets_the_name_of_the_old_one(either: Rehearsal) -> None:
    inputs = either.one(CONFIG, "gateway").inputs
    assert "apiConfigId" not in inputs
    assert inputs["apiConfigIdPrefix"].endswith("-")


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_preview_asks_for_the_same_without_asking_the_cloud(stack: str, request: pytest.FixtureRequest) -> None:
    made: Rehearsal = request.getfixturevalue(stack)
    previewed = rehearse(stack, preview=True)
    assert {each.urn for each in made.resources} == {each.urn for each in previewed.resources}


def test_a_contract_that_cannot_be_deployed_is_refused_before_anything_is_made(copy: Path) -> None:
    contract = (copy / "openapi.yaml").read_text()
    (copy / "openapi.yaml").write_text(contract.replace('address: "{present}"', 'address: "{presenter}"'))
    with pytest.raises(Refusal, match="backend present has no function's address"):
        rehearse("dev", preview=True, root=copy)


def test_what_operators_and_clients_need_is_exported(dev: Rehearsal) -> None:
    assert {
        "url": "https://gateway.example",
        "audience": f"data-api-dev.{PROJECT}",
        "database": "data-api-dev",
        "topic": "data-api-dev-records",
        "deadLetters": "data-api-dev-records-dead-letters",
        "dashboard": "https://console.cloud.google.com/monitoring/dashboards/builder/dashboard-id?project=a-project",
        "functions": {each: f"data-api-dev-{each}" for each in ("generate", "persist", "present")},
    } == dev.outputs
