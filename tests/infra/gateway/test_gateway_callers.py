import copy
import json

import pytest

from deployment.config_error import ConfigError
from deployment.gateway_config.document import Deployment, Json, read_contract, render
from tests.support.infra.pulumi_mocks import ROOT

ADDRESSES = {"generate": "https://generate-x.a.run.app", "present": "https://present-x.a.run.app"}
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


@pytest.fixture(scope="module")
def contract() -> Json:
    return read_contract(ROOT / "openapi.yaml")


def made(contract: Json, issuers: tuple[str, ...] = (), quota: int = 0) -> Json:
    read: Json = json.loads(render(contract, Deployment("a-project", ("us",), ADDRESSES, issuers, quota)))
    return read


def operations(document: Json) -> dict[str, Json]:
    """What the document says of each operation, by its id."""
    results = [item[method] for item in document["paths"].values() for method in METHODS & item.keys()]
    return {each["operationId"]: each for each in results}


def demands(document: Json) -> dict[str, list[Json]]:
    """What each operation demands."""
    return {name: {**document, **each}["security"] for name, each in operations(document).items()}


def test_all_issuers_named_is_the_same_as_none_named(contract: Json) -> None:
    assert made(contract) == made(contract, ("google", "identityPlatform"))


def test_a_token_of_an_issuer_that_is_not_named_opens_nothing(contract: Json) -> None:
    document = made(contract, ("google",))
    assert {"google"} == document["components"]["securitySchemes"].keys()
    assert {"google"} == {scheme for demand in demands(document).values() for one in demand for scheme in one}


def test_an_issuer_that_the_contract_has_not_is_refused_with_those_it_has(contract: Json) -> None:
    with pytest.raises(
        ConfigError, match=r"issuers contains okta, but openapi\.yaml only has google, identityPlatform: pulumi config"
    ):
        made(contract, ("google", "okta"))


def test_an_operation_is_never_opened_by_leaving_an_issuer_out(contract: Json) -> None:
    changed = copy.deepcopy(contract)
    changed["paths"]["/data"]["get"]["security"] = [{"google": []}]
    with pytest.raises(ConfigError, match="would accept requests without a token"):
        made(changed, ("identityPlatform",))


def test_with_a_quota_every_call_that_needs_a_token_needs_a_key_beside_it(contract: Json) -> None:
    before, after = demands(made(contract)), demands(made(contract, quota=600))
    assert {name: [{**each, "apiKey": []} for each in demanded] for name, demanded in before.items()} == after
    assert {"preflightData", "preflightDataById", "health"} == {name for name, each in after.items() if not each}


def test_with_a_quota_such_a_call_counts_once_and_no_other_counts(contract: Json) -> None:
    document = made(contract, quota=600)
    costs = {name: each["x-google-quota"] for name, each in operations(document).items() if "x-google-quota" in each}
    assert {name for name, each in demands(document).items() if each} == costs.keys()
    assert all({"metricCosts": {"requests": 1}} == cost for cost in costs.values())


def test_the_limit_is_of_a_metric_that_there_is(contract: Json) -> None:
    management = made(contract, quota=600)["x-google-api-management"]
    (limit,) = management["quota"]["limits"].values()
    assert {"metric": "requests", "values": 600} == limit
    assert {"requests": {"displayName": "Requests"}} == management["metrics"]


def test_the_key_comes_in_the_header_where_the_gateway_looks_for_it(contract: Json) -> None:
    key = made(contract, quota=600)["components"]["securitySchemes"]["apiKey"]
    assert {"type": "apiKey", "in": "header", "name": "x-api-key"} == key


def test_the_contract_stays_as_it_is(contract: Json) -> None:
    before = copy.deepcopy(contract)
    made(contract, ("google",), 600)
    assert before == contract
