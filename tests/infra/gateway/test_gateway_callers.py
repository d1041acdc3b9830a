import copy
import json

import pytest

from deployment.config_error import ConfigError
from deployment.gateway_config.document import Deployment, Json, read_contract, render
from tests.support.infra.stack_settings import ROOT

ADDRESSES = {
    "generate": "https://generate-x.a.run.app",
    "present": "https://present-x.a.run.app",
    "delete": "https://delete-x.a.run.app",
    "web": "https://web-x.a.run.app",
}
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


@pytest.fixture(scope="module")
def contract() -> Json:
    return read_contract(ROOT / "openapi.yaml")


def rendered_for(contract: Json, issuers: tuple[str, ...] = (), quota: int = 0) -> Json:
    read: Json = json.loads(render(contract, Deployment("a-project", ("us",), ADDRESSES, issuers, quota)))
    return read


def operations(document: Json) -> dict[str, Json]:
    """The operations of the document, by their ids."""
    results = [item[method] for item in document["paths"].values() for method in METHODS & item.keys()]
    return {operation["operationId"]: operation for operation in results}


def demands(document: Json) -> dict[str, list[Json]]:
    """The security requirements of each operation."""
    return {name: {**document, **operation}["security"] for name, operation in operations(document).items()}


def test_naming_all_issuers_is_the_same_as_naming_none(contract: Json) -> None:
    assert rendered_for(contract) == rendered_for(contract, ("google", "identityPlatform"))


def test_a_token_of_an_issuer_that_is_not_named_is_accepted_nowhere(contract: Json) -> None:
    document = rendered_for(contract, ("google",))
    assert {"google"} == document["components"]["securitySchemes"].keys()
    assert {"google"} == {scheme for demand in demands(document).values() for one in demand for scheme in one}


def test_an_unknown_issuer_is_rejected_with_the_issuers_of_the_contract(contract: Json) -> None:
    with pytest.raises(
        ConfigError, match=r"issuers contains okta, but openapi\.yaml only has google, identityPlatform: pulumi config"
    ):
        rendered_for(contract, ("google", "okta"))


def test_leaving_an_issuer_out_never_makes_an_operation_public(contract: Json) -> None:
    changed = copy.deepcopy(contract)
    changed["paths"]["/data"]["get"]["security"] = [{"google": []}]
    with pytest.raises(ConfigError, match="would accept requests without a token"):
        rendered_for(changed, ("identityPlatform",))


def test_with_a_quota_every_call_that_needs_a_token_also_needs_an_api_key(contract: Json) -> None:
    before, after = demands(rendered_for(contract)), demands(rendered_for(contract, quota=600))
    assert {
        name: [{**requirement, "apiKey": []} for requirement in demanded] for name, demanded in before.items()
    } == after
    preflights = {"preflightData", "preflightChanges", "preflightDataById", "preflightMe"}
    assert {*preflights, "health", "getOpenapi", "getPage", "getPageConfiguration", "getPageFile"} == {
        name for name, required in after.items() if not required
    }


def test_with_a_quota_exactly_these_calls_count_once(contract: Json) -> None:
    document = rendered_for(contract, quota=600)
    costs = {
        name: operation["x-google-quota"]
        for name, operation in operations(document).items()
        if "x-google-quota" in operation
    }
    assert {name for name, required in demands(document).items() if required} == costs.keys()
    assert all({"metricCosts": {"requests": 1}} == cost for cost in costs.values())


def test_the_limit_is_of_a_declared_metric(contract: Json) -> None:
    management = rendered_for(contract, quota=600)["x-google-api-management"]
    (limit,) = management["quota"]["limits"].values()
    assert {"metric": "requests", "values": 600} == limit
    assert {"requests": {"displayName": "Requests"}} == management["metrics"]


def test_rendering_does_not_change_the_contract(contract: Json) -> None:
    before = copy.deepcopy(contract)
    rendered_for(contract, ("google",), 600)
    assert before == contract
