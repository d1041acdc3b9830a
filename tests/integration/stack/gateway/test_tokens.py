"""Which tokens the gateway accepts, and which headers it sets for the functions."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from data_api.shared.local_tokens import Issuer
from data_api.shared.stack_state import SIGNING_KEY
from data_api.stack import token_command
from tests.support.servers.gateways import Gateway, Headers
from tests.support.servers.signers import Signer, bearer

RECORD = "/data/00000000000000000000000000000000"
USERINFO = "x-apigateway-api-userinfo"
FORWARDED = "x-forwarded-authorization"


def test_an_invalid_token_in_the_query_is_ignored(gateway: Gateway, sign: Signer) -> None:
    answer = gateway.call("GET", "/data?access_token=x", bearer(sign.token()))
    assert (200, "access_token=x") == (answer.status, answer.json["query"])


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda sign: sign.token(Issuer.IDENTITY_PLATFORM), id="of Identity Platform"),
        pytest.param(lambda sign: sign.token(aud=["another", "data-api-local"]), id="for several audiences"),
        # These three are the functions' to refuse, for the cloud's gateway does not.
        pytest.param(lambda sign: sign.token(exp=None), id="that never ends"),
        pytest.param(lambda sign: sign.token(exp=int(time.time()) - 30), id="that has just ended"),
        pytest.param(lambda sign: sign.token(sub=None), id="without a subject"),
    ],
)
def test_it_accepts_a_valid_token(make: Callable[[Signer], str], gateway: Gateway, sign: Signer) -> None:
    answer = gateway.call("GET", "/data", bearer(make(sign)))
    assert (200, "present", "/data") == (answer.status, answer.json["function"], answer.json["path"])


def test_an_operation_may_take_the_tokens_of_one_issuer(other_gateway: Gateway, sign: Signer) -> None:
    answer = other_gateway.call("GET", RECORD, bearer(sign.token(Issuer.IDENTITY_PLATFORM)))
    assert (200, RECORD) == (answer.status, answer.json["path"])


def test_a_merged_key_set_is_trusted_beside_the_local_one(other_gateway: Gateway, sign: Signer) -> None:
    answers = [other_gateway.call("GET", "/data", bearer(token)) for token in (sign.strangers(), sign.token())]
    assert [200, 200] == [answer.status for answer in answers]


@pytest.mark.parametrize("user", ["a", "ab", "abc"])  # two of three payloads would need padding
def test_the_function_gets_the_claims_as_they_are_in_the_token(user: str, gateway: Gateway, sign: Signer) -> None:
    token = sign.token(user=user)
    assert [token.split(".")[1]] == gateway.call("GET", "/data", bearer(token)).reached(USERINFO)


def test_forged_claims_are_replaced(gateway: Gateway, sign: Signer) -> None:
    token = sign.token()
    forged = [("X-Apigateway-Api-Userinfo", "forged"), ("X-APIGATEWAY-API-USERINFO", "forged")]
    assert [token.split(".")[1]] == gateway.call("GET", "/data", [*forged, *bearer(token)]).reached(USERINFO)


@pytest.mark.parametrize(("method", "target"), [("OPTIONS", "/data"), ("OPTIONS", RECORD), ("GET", "/healthz")])
def test_forged_claims_are_removed_from_public_operations(method: str, target: str, gateway: Gateway) -> None:
    answer = gateway.call(method, target, [("X-Apigateway-Api-Userinfo", "forged")])
    assert (200, []) == (answer.status, answer.reached(USERINFO))


@pytest.mark.parametrize("forged", [[], [("X-Forwarded-Authorization", "forged")] * 2])
@pytest.mark.parametrize(("method", "target"), [("GET", "/data"), ("OPTIONS", "/data")])
def test_the_functions_authorization_is_the_gateways_own(
    forged: Headers, method: str, target: str, gateway: Gateway, sign: Signer
) -> None:
    token = sign.token()
    answer = gateway.call(method, target, [*forged, *bearer(token)])
    assert [f"Bearer {token}"] == answer.reached(FORWARDED)
    assert ["Bearer the-local-gateway"] == answer.reached("authorization")


def test_without_a_token_a_forged_authorization_passes_as_in_the_cloud(gateway: Gateway) -> None:
    answer = gateway.call("OPTIONS", "/data", [("X-Forwarded-Authorization", "forged")])
    assert ["forged"] == answer.reached(FORWARDED)
    assert ["Bearer the-local-gateway"] == answer.reached("authorization")


def test_a_token_of_the_command_that_has_expired_is_rejected(
    sign: Signer, gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_API_HOME", str(tmp_path))
    (tmp_path / ".data-api").mkdir()
    (tmp_path / ".data-api" / SIGNING_KEY).write_bytes(sign.key.as_pem(private=True))

    answers = []
    for seconds in ("-1", "60"):
        token = CliRunner().invoke(token_command.token, ["--user", "ada", "--expires-in", seconds]).stdout.strip()
        answers.append(gateway.call("GET", "/data", bearer(token)))

    assert [401, 200] == [answer.status for answer in answers]
    assert "Jwt is expired" == answers[0].json["message"]
