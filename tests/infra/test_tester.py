"""Who may make up users for a deployed stack's tests, and what the gateway believes of it."""

import base64
import json
from typing import Any

import pytest

from refusal import Refusal
from tests.rehearsal import OPERATOR, Rehearsal, account, rehearse

DEPLOYER = "serviceAccount:deployer@a-project.iam.gserviceaccount.com"
EMAIL = account("tester", "dev")


@pytest.fixture(scope="module")
def tested() -> Rehearsal:
    return rehearse("dev", {**OPERATOR, "data-api:tester": DEPLOYER})


def document(rehearsal: Rehearsal) -> dict[str, Any]:
    (configuration,) = rehearsal.all("gcp:apigateway/apiConfig:ApiConfig")
    return dict(json.loads(base64.b64decode(configuration.inputs["openapiDocuments"][0]["document"]["contents"])))


def test_only_whom_the_stack_names_may_sign_for_its_tests(tested: Rehearsal) -> None:
    grants = tested.all("gcp:serviceaccount/iAMMember:IAMMember")

    assert [("roles/iam.serviceAccountTokenCreator", DEPLOYER)] == [
        (grant.inputs["role"], grant.inputs["member"]) for grant in grants
    ]
    assert EMAIL == tested.outputs["tester"]


def test_the_gateway_believes_the_tester_beside_all_others_and_with_its_own_keys(tested: Rehearsal) -> None:
    rendered = document(tested)

    assert [{"google": []}, {"identityPlatform": []}, {"tester": []}] == rendered["security"]
    believed = rendered["components"]["securitySchemes"]["tester"]["x-google-auth"]
    assert (EMAIL, f"https://www.googleapis.com/robot/v1/metadata/x509/{EMAIL}") == (
        believed["issuer"],
        believed["jwksUri"],
    )
    assert [tested.outputs["audience"]] == believed["audiences"]


def test_neither_stack_as_shipped_believes_a_tester(either: Rehearsal) -> None:
    assert {"google", "identityPlatform"} == document(either)["components"]["securitySchemes"].keys()
    assert "tester" not in {each.name for each in either.all("gcp:serviceaccount/account:Account")}


@pytest.mark.parametrize(
    ("stack", "member", "said"),
    [("prod", DEPLOYER, "pulumi config rm data-api:tester"), ("dev", "allUsers", "is no account of IAM")],
)
def test_a_tester_of_a_protected_stack_or_of_nobody_in_particular_is_refused(
    stack: str, member: str, said: str
) -> None:
    with pytest.raises(Refusal, match=said):
        rehearse(stack, {**OPERATOR, "data-api:tester": member})
