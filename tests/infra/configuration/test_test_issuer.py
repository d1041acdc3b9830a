"""The service account that signs the tokens of tests of a deployed stack."""

import base64
import json
from typing import Any

import pytest

from deployment.config_error import ConfigError
from tests.support.infra.pulumi_program import run_program
from tests.support.infra.recorded_deployment import RecordedDeployment
from tests.support.infra.stack_settings import OPERATOR

TESTER = "data-api-tester@a-project.iam.gserviceaccount.com"


def document(deployment: RecordedDeployment) -> dict[str, Any]:
    (configuration,) = deployment.all("gcp:apigateway/apiConfig:ApiConfig")
    return dict(json.loads(base64.b64decode(configuration.inputs["openapiDocuments"][0]["document"]["contents"])))


def test_the_gateway_accepts_tokens_of_the_tester_verified_with_its_own_keys() -> None:
    tested = run_program("dev", {**OPERATOR, "data-api:tester": TESTER})

    rendered = document(tested)
    assert [{"google": []}, {"identityPlatform": []}, {"tester": []}] == rendered["security"]
    assert {
        "issuer": TESTER,
        "jwksUri": f"https://www.googleapis.com/robot/v1/metadata/x509/{TESTER}",
        "audiences": [tested.outputs["audience"]],
        "jwtLocations": [{"header": "Authorization", "valuePrefix": "Bearer "}],
    } == rendered["components"]["securitySchemes"]["tester"]["x-google-auth"]
    assert TESTER == tested.outputs["tester"]


def test_no_shipped_stack_accepts_tokens_of_a_tester(dev_or_prod: RecordedDeployment) -> None:
    rendered = document(dev_or_prod)

    assert [{"google": []}, {"identityPlatform": []}] == rendered["security"]
    assert {"google", "identityPlatform"} == rendered["components"]["securitySchemes"].keys()


@pytest.mark.parametrize(
    ("stack", "account", "said"),
    [
        ("prod", TESTER, "pulumi config rm data-api:tester"),
        ("dev", "ada@example.com", "not the e-mail address of a service"),
    ],
)
def test_a_tester_is_rejected_in_a_protected_stack_and_if_it_is_no_service_account(
    stack: str, account: str, said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        run_program(stack, {**OPERATOR, "data-api:tester": account})
