"""The quota of API keys at the local gateway, with the error messages of API Gateway."""

import time
from collections.abc import Iterator

import pytest

from data_api.shared.contract import load_contract
from data_api.shared.errors import CliError
from data_api.shared.local_tokens import jwks
from data_api.stack.gateway import quota
from tests.support.servers.gateways import Answer, Gateway, gateway_before
from tests.support.servers.signers import Signer, bearer

QUOTA = 2  # requests a minute of one API key
NO_KEY = "UNAUTHENTICATED: Method doesn't allow unregistered callers (callers without established identity)."


@pytest.fixture(scope="module")
def counting_gateway(
    functions: dict[str, int], sign: Signer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """Each API key has QUOTA requests a minute."""
    folder = tmp_path_factory.mktemp("counting_gateway")
    with gateway_before(functions, load_contract(), jwks(sign.key), folder, quota=QUOTA) as running:
        yield running


def answers_of(gateway: Gateway, sign: Signer, key: str, count: int) -> list[Answer]:
    return [gateway.call("GET", "/data", [*bearer(sign.token()), ("x-api-key", key)]) for _ in range(count)]


def test_with_a_quota_an_operation_with_a_token_also_needs_an_api_key(counting_gateway: Gateway, sign: Signer) -> None:
    without = counting_gateway.call("GET", "/data", bearer(sign.token()))
    assert 401 == without.status
    assert without.json["message"].startswith(NO_KEY)
    [wrong] = answers_of(counting_gateway, sign, "another", 1)
    assert (400, "INVALID_ARGUMENT: API key not valid. Please pass a valid API key.") == (
        wrong.status,
        wrong.json["message"],
    )
    in_place_of_a_token = counting_gateway.call("GET", "/data", [("x-api-key", quota.KEY)])
    assert (401, "Jwt is missing") == (in_place_of_a_token.status, in_place_of_a_token.json["message"])


def test_an_operation_without_a_token_needs_no_api_key(counting_gateway: Gateway) -> None:
    assert 200 == counting_gateway.call("GET", "/healthz").status
    assert 200 == counting_gateway.call("OPTIONS", "/data").status
    assert [404, 405] == [counting_gateway.call(*of).status for of in (("GET", "/none"), ("DELETE", "/data"))]


def test_a_request_over_the_quota_of_its_api_key_is_429_and_other_keys_are_not_affected(
    counting_gateway: Gateway, sign: Signer
) -> None:
    for attempt in ("a", "b"):  # a minute that ends meanwhile gives the quota anew: then with other keys once more
        minute = time.time() // 60
        one = answers_of(counting_gateway, sign, f"{quota.KEY}-1{attempt}", QUOTA + 1)
        two = answers_of(counting_gateway, sign, f"{quota.KEY}-2{attempt}", QUOTA)
        if minute == time.time() // 60:
            break
    assert [200, 200, 429, 200, 200] == [answer.status for answer in [*one, *two]]
    assert one[-1].json["code"] == 429
    assert one[-1].json["message"].startswith("RESOURCE_EXHAUSTED: ")


def test_a_quota_that_is_no_number_is_rejected_in_one_sentence() -> None:
    assert 60 == quota.per_minute({quota.PER_MINUTE: "60"})
    assert 0 == quota.per_minute({})
    with pytest.raises(CliError, match="DATA_API_QUOTA_PER_MINUTE is 'many': set it to a number of requests"):
        quota.per_minute({quota.PER_MINUTE: "many"})
