"""The gateway over real HTTP: a real Envoy in front of functions that answer with the request that they got.

The expected answers are those of API Gateway, according to its documentation and the source of ESPv2, on which it is
based.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from data_api.shared.contract import load_contract
from data_api.shared.local_tokens import Issuer, jwks
from data_api.stack.gateway.envoy import BODY_LIMIT, envoy_configuration
from data_api.stack.gateway.key_set import merged_jwks
from tests.support.servers.gateways import TIMEOUT, Gateway, Headers, dead_function, envoy, gateway_before
from tests.support.servers.signers import Signer, bearer, past, soon

RECORD = "/data/00000000000000000000000000000000"
USERINFO = "x-apigateway-api-userinfo"
FORWARDED = "x-forwarded-authorization"
MEBIBYTE = bytes(1024 * 1024)


@pytest.fixture(scope="module")
def gateway(functions: dict[str, int], sign: Signer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("gateway")
    with gateway_before(functions, load_contract(), jwks(sign.key), folder) as running:
        yield running


@pytest.fixture(scope="module")
def other_gateway(
    functions: dict[str, int], sign: Signer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """`generate` is dead, /healthz must be quick, /data/{id} takes no Google token, the stranger is trusted."""
    contract = load_contract()
    contract["x-google-api-management"]["backends"]["health"]["deadline"] = 0.2
    contract["paths"]["/data/{id}"]["get"]["security"] = [{"identityPlatform": []}]
    keys = merged_jwks(jwks(sign.key), json.dumps(jwks(sign.stranger)))
    folder = tmp_path_factory.mktemp("other_gateway")
    with (
        dead_function() as port,
        gateway_before({**functions, "generate": port}, contract, keys, folder) as running,
    ):
        yield running


@dataclass(frozen=True)
class ConfigError:
    case: str
    status: int
    message: str
    headers: Callable[[Signer], Headers] = lambda _: ()
    method: str = "GET"
    target: str = "/data"
    body: Callable[[], Iterator[bytes]] | None = None
    gateway: str = "gateway"


MISSING = "Jwt is missing"
MALFORMED = "Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections"
NO_SUCH_KEY = "Jwks doesn't have key to match kid or alg from Jwt"
NO_SUCH_ISSUER = "Jwt issuer is not configured"
WRONG_AUDIENCE = "Audiences in Jwt are not allowed"
NO_SUCH_PATH = "The current request is not defined by this API."
WRONG_METHOD = 'The current request is matched to the defined url template "{}" but its http method is not allowed'

REFUSALS = [
    ConfigError("no token", 401, MISSING),
    ConfigError("no token for a record", 401, MISSING, target=RECORD),
    ConfigError("no token and a slash", 401, MISSING, target="/data/"),
    ConfigError("no token and two slashes", 401, MISSING, target="//data//"),
    ConfigError("no token for a record and a slash", 401, MISSING, target=f"{RECORD}/"),
    ConfigError("no token for a post", 401, MISSING, method="POST"),
    ConfigError("another scheme", 401, MISSING, lambda _: [("Authorization", "Basic YWRhOmFkYQ==")]),
    ConfigError("lower-case bearer", 401, MISSING, lambda sign: [("Authorization", f"bearer {sign.token()}")]),
    ConfigError("the header of Google's IAP", 401, MISSING, lambda sign: [("X-Goog-Iap-Jwt-Assertion", sign.token())]),
    ConfigError(
        "an override of a public method", 401, MISSING, lambda _: [("X-HTTP-Method-Override", "GET")], "OPTIONS"
    ),
    ConfigError("malformed", 401, MALFORMED, lambda _: bearer("not-a-token")),
    ConfigError("alg none, unsigned", 401, MALFORMED, lambda sign: bearer(sign.unsigned().rpartition(".")[0] + ".")),
    ConfigError("alg none", 401, "Jwt header [alg] is not supported", lambda sign: bearer(sign.unsigned())),
    ConfigError("HS256 with the public key", 401, NO_SUCH_KEY, lambda sign: bearer(sign.signed_with_the_public_key())),
    ConfigError("an unknown kid", 401, NO_SUCH_KEY, lambda sign: bearer(sign.strangers())),
    ConfigError("a wrong key", 401, "Jwt verification fails", lambda sign: bearer(sign.strangers_with_our_key_id())),
    ConfigError("a wrong issuer", 401, NO_SUCH_ISSUER, lambda sign: bearer(sign.token(iss="https://evil.example"))),
    ConfigError(
        "the issuer's old name", 401, NO_SUCH_ISSUER, lambda sign: bearer(sign.token(iss="accounts.google.com"))
    ),
    ConfigError(
        "an issuer of other operations",
        401,
        NO_SUCH_ISSUER,
        lambda sign: bearer(sign.token()),
        target=RECORD,
        gateway="other_gateway",
    ),
    ConfigError("a wrong audience", 403, WRONG_AUDIENCE, lambda sign: bearer(sign.token(aud="another"))),
    ConfigError("no audience", 403, WRONG_AUDIENCE, lambda sign: bearer(sign.token(aud=None))),
    ConfigError("expired", 401, "Jwt is expired", lambda sign: bearer(sign.token(exp=past()))),
    ConfigError("not yet valid", 401, "Jwt not yet valid", lambda sign: bearer(sign.token(nbf=soon()))),
    ConfigError("two tokens", 401, MALFORMED, lambda sign: [*bearer(sign.token()), *bearer(sign.token())]),
    ConfigError("an unknown path", 404, NO_SUCH_PATH, target="/nothing"),
    ConfigError("a path in capitals", 404, NO_SUCH_PATH, target="/DATA"),
    ConfigError("a path below a record", 404, NO_SUCH_PATH, target=f"{RECORD}/more"),
    ConfigError("an encoded slash", 404, NO_SUCH_PATH, target="/data%2Fx"),
    ConfigError("a wrong method", 405, WRONG_METHOD.format("/data"), method="DELETE"),
    ConfigError("a wrong method and a slash", 405, WRONG_METHOD.format("/data"), method="DELETE", target="/data/"),
    ConfigError("a wrong method for a record", 405, WRONG_METHOD.format("/data/{id}"), method="PUT", target=RECORD),
    ConfigError(
        "a wrong method by override",
        405,
        WRONG_METHOD.format("/data"),
        lambda sign: [*bearer(sign.token()), ("X-HTTP-Method-Override", "DELETE")],
        "POST",
    ),
    ConfigError("an underscored header", 400, "Bad Request", lambda _: [("X_Apigateway_Api_Userinfo", "x")]),
    ConfigError(
        "headers over 60 KB",
        431,
        "Request Header Fields Too Large",
        lambda sign: [*bearer(sign.token()), *((f"X-Filler-{number}", "x" * 6000) for number in range(11))],
    ),
    ConfigError(
        "a body that says it is over 32 MiB",
        413,
        "content length too large",
        lambda sign: [*bearer(sign.token()), ("Content-Length", str(BODY_LIMIT + 1))],
        "POST",
    ),
    ConfigError(
        "a body that turns out to be over 32 MiB",
        413,
        "request too long",
        lambda sign: bearer(sign.token()),
        "POST",
        body=lambda: iter([MEBIBYTE] * 33),
    ),
    ConfigError(
        "a slow function",
        504,
        "upstream request timeout",
        lambda _: [("X-Hold", "1")],
        target="/healthz",
        gateway="other_gateway",
    ),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.case)
def test_it_rejects_as_api_gateway_does(refusal: ConfigError, sign: Signer, request: pytest.FixtureRequest) -> None:
    gateway: Gateway = request.getfixturevalue(refusal.gateway)
    body = refusal.body() if refusal.body else None
    answer = gateway.call(refusal.method, refusal.target, refusal.headers(sign), body)
    assert (refusal.status, {"code": refusal.status, "message": refusal.message}) == (answer.status, answer.json)
    assert answer.headers["content-type"] == "application/json"


def test_a_function_that_does_not_answer_is_unavailable(other_gateway: Gateway, sign: Signer) -> None:
    answer = other_gateway.call("POST", "/data", bearer(sign.token()))
    assert answer.status == 503
    assert answer.json["code"] == 503
    # What follows differs between versions of Envoy.
    assert answer.json["message"].startswith("upstream connect error or disconnect/reset before headers.")


@pytest.mark.parametrize(
    ("target", "status", "allow"),
    [("/data", 405, "GET, OPTIONS, POST"), ("/healthz", 405, "GET"), ("/nothing", 404, None)],
)
def test_head_is_no_get(target: str, status: int, allow: str | None, gateway: Gateway) -> None:
    answer = gateway.call("HEAD", target)
    assert (status, None) == (answer.status, answer.json)
    assert allow == answer.headers.get("allow")


def test_a_rejected_token_gets_a_challenge(gateway: Gateway, sign: Signer) -> None:
    realm = f'Bearer realm="http://127.0.0.1:{gateway.port}/data"'
    missing = gateway.call("GET", "/data")
    expired = gateway.call("GET", "/data", bearer(sign.token(exp=past())))
    assert realm == missing.headers["www-authenticate"]
    assert f'{realm}, error="invalid_token"' == expired.headers["www-authenticate"]


def test_a_token_in_the_query_is_no_token(gateway: Gateway, sign: Signer) -> None:
    answer = gateway.call("GET", f"/data?access_token={sign.token()}")
    assert (401, MISSING) == (answer.status, answer.json["message"])


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


def test_the_method_can_be_overridden(gateway: Gateway, sign: Signer) -> None:
    answer = gateway.call("POST", "/data", [*bearer(sign.token()), ("X-HTTP-Method-Override", "GET")])
    assert ("present", "GET") == (answer.json["function"], answer.json["method"])
    assert answer.reached("x-http-method-override") == []


def test_the_body_reaches_the_function(gateway: Gateway, sign: Signer) -> None:
    answer = gateway.call("POST", "/data", bearer(sign.token()), iter([MEBIBYTE] * 32))
    assert ("generate", "POST", BODY_LIMIT) == (
        answer.json["function"],
        answer.json["method"],
        answer.json["size"],
    )


def test_a_preflight_needs_no_token(gateway: Gateway) -> None:
    answer = gateway.call("OPTIONS", RECORD)
    assert ("present", "OPTIONS", RECORD) == (
        answer.json["function"],
        answer.json["method"],
        answer.json["path"],
    )


@pytest.mark.parametrize("target", ["/healthz?deep=1", "/healthz/?deep=1"])
def test_healthz_reaches_the_function_as_health(target: str, gateway: Gateway) -> None:
    answer = gateway.call("GET", target)
    assert ("present", "/health", "deep=1") == (
        answer.json["function"],
        answer.json["path"],
        answer.json["query"],
    )


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("//data", "/data"),
        ("/else/../data", "/data"),
        ("/data/%2e%2e/data", "/data"),
        ("/data/", "/data/"),
        ("/data/a%2Fb", "/data/a%2Fb"),
    ],
)
def test_a_path_is_normalised_before_it_is_routed(target: str, path: str, gateway: Gateway, sign: Signer) -> None:
    answer = gateway.call("GET", target, bearer(sign.token()))
    assert (200, path) == (answer.status, answer.json["path"])


def test_a_function_sees_its_own_host(gateway: Gateway, functions: dict[str, int]) -> None:
    answer = gateway.call("GET", "/healthz")
    assert [f"127.0.0.1:{functions['present']}"] == answer.reached("host")


def test_envoy_adds_nothing_of_its_own(gateway: Gateway) -> None:
    answer = gateway.call("GET", "/healthz", [("X-Forwarded-For", "203.0.113.7")])
    assert ["203.0.113.7"] == answer.reached("x-forwarded-for")
    assert [] == [name for name, _ in answer.json["headers"] if name.startswith("x-envoy")]
    assert [] == [name for name in answer.headers if name.startswith("x-envoy")]


def test_a_websocket_may_be_opened(gateway: Gateway) -> None:
    wish = [("Connection", "Upgrade"), ("Upgrade", "websocket")]
    assert gateway.call("GET", "/healthz", wish).status == 101


def test_an_error_of_the_function_is_passed_unchanged(gateway: Gateway) -> None:
    answer = gateway.call("GET", "/healthz", [("X-Answer", "503")])
    assert (503, "present") == (answer.status, answer.json["function"])


def test_a_dropped_request_is_sent_again(gateway: Gateway, sign: Signer) -> None:
    answer = gateway.call("GET", "/data", [*bearer(sign.token()), ("X-Drop-Once", "1")])
    assert (200, "present") == (answer.status, answer.json["function"])


def test_a_dropped_post_is_not_sent_again_because_its_record_may_be_kept(gateway: Gateway, sign: Signer) -> None:
    answer = gateway.call("POST", "/data", [*bearer(sign.token()), ("X-Drop-Once", "1")])
    assert 503 == answer.status


def test_two_gateways_never_share_a_port(gateway: Gateway, sign: Signer, tmp_path: Path) -> None:
    functions = {"generate": 1, "present": 1}
    same = envoy_configuration(load_contract(), port=gateway.port, functions=functions, jwks=jwks(sign.key))
    with envoy(same, tmp_path) as second:
        assert second.wait(TIMEOUT) != 0
    assert "Address already in use" in (tmp_path / "envoy.log").read_text()


def test_without_a_quota_no_api_key_is_needed(gateway: Gateway, sign: Signer) -> None:
    assert 200 == gateway.call("GET", "/data", bearer(sign.token())).status
