"""Which account a deployed stack's tests may make up users with, and what the gateway believes of it."""

import base64
import json
from typing import Any

import pytest

from deployment.config_error import ConfigError
from tests.support.infra.pulumi_mocks import OPERATOR, RecordedDeployment, run_program

TESTER = "data-api-tester@a-project.iam.gserviceaccount.com"


def document(rehearsal: RecordedDeployment) -> dict[str, Any]:
    (configuration,) = rehearsal.all("gcp:apigateway/apiConfig:ApiConfig")
    return dict(json.loads(base64.b64decode(configuration.inputs["openapiDocuments"][0]["document"]["contents"])))


def test_the_gateway_believes_the_tester_beside_all_others_and_by_its_own_keys() -> None:
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


def test_neither_stack_as_shipped_believes_a_tester(dev_or_prod: RecordedDeployment) -> None:
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
def test_a_tester_is_refused_in_a_protected_stack_and_where_it_is_no_service_account(
    stack: str, account: str, said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        run_program(stack, {**OPERATOR, "data-api:tester": account})
