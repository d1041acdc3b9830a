"""What the gateway rejects, over real HTTP.

The expected answers are those of API Gateway, according to its documentation and the source of ESPv2, on which it is
based.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from data_api.stack.gateway.envoy import BODY_LIMIT
from tests.support.servers.gateways import Gateway, Headers
from tests.support.servers.signers import Signer, bearer, past, soon

RECORD = "/data/00000000000000000000000000000000"
MEBIBYTE = bytes(1024 * 1024)


@dataclass(frozen=True)
class Rejection:
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


REJECTIONS = [
    Rejection("no token", 401, MISSING),
    Rejection("no token for a record", 401, MISSING, target=RECORD),
    Rejection("no token and a slash", 401, MISSING, target="/data/"),
    Rejection("no token and two slashes", 401, MISSING, target="//data//"),
    Rejection("no token for a record and a slash", 401, MISSING, target=f"{RECORD}/"),
    Rejection("no token for a post", 401, MISSING, method="POST"),
    Rejection("another scheme", 401, MISSING, lambda _: [("Authorization", "Basic YWRhOmFkYQ==")]),
    Rejection("lower-case bearer", 401, MISSING, lambda sign: [("Authorization", f"bearer {sign.token()}")]),
    Rejection("two blanks", 401, MISSING, lambda sign: [("Authorization", f"Bearer  {sign.token()}")]),
    Rejection("a word after the token", 401, MISSING, lambda sign: [("Authorization", f"Bearer {sign.token()} x")]),
    Rejection("a list of tokens", 401, MISSING, lambda sign: [("Authorization", f"Bearer {sign.token()},x")]),
    Rejection("the header of Google's IAP", 401, MISSING, lambda sign: [("X-Goog-Iap-Jwt-Assertion", sign.token())]),
    Rejection("an override of a public method", 401, MISSING, lambda _: [("X-HTTP-Method-Override", "GET")], "OPTIONS"),
    Rejection("malformed", 401, MALFORMED, lambda _: bearer("not-a-token")),
    Rejection("alg none, unsigned", 401, MALFORMED, lambda sign: bearer(sign.unsigned().rpartition(".")[0] + ".")),
    Rejection("alg none", 401, "Jwt header [alg] is not supported", lambda sign: bearer(sign.unsigned())),
    Rejection("HS256 with the public key", 401, NO_SUCH_KEY, lambda sign: bearer(sign.signed_with_the_public_key())),
    Rejection("an unknown kid", 401, NO_SUCH_KEY, lambda sign: bearer(sign.strangers())),
    Rejection("a wrong key", 401, "Jwt verification fails", lambda sign: bearer(sign.strangers_with_our_key_id())),
    Rejection("a wrong issuer", 401, NO_SUCH_ISSUER, lambda sign: bearer(sign.token(iss="https://evil.example"))),
    Rejection("the issuer's old name", 401, NO_SUCH_ISSUER, lambda sign: bearer(sign.token(iss="accounts.google.com"))),
    Rejection(
        "an issuer of other operations",
        401,
        NO_SUCH_ISSUER,
        lambda sign: bearer(sign.token()),
        target=RECORD,
        gateway="other_gateway",
    ),
    Rejection("a wrong audience", 403, WRONG_AUDIENCE, lambda sign: bearer(sign.token(aud="another"))),
    Rejection("no audience", 403, WRONG_AUDIENCE, lambda sign: bearer(sign.token(aud=None))),
    Rejection("expired", 401, "Jwt is expired", lambda sign: bearer(sign.token(exp=past()))),
    Rejection("not yet valid", 401, "Jwt not yet valid", lambda sign: bearer(sign.token(nbf=soon()))),
    Rejection("two tokens", 401, MISSING, lambda sign: [*bearer(sign.token()), *bearer(sign.token())]),
    Rejection("an unknown path", 404, NO_SUCH_PATH, target="/nothing"),
    Rejection("a path in capitals", 404, NO_SUCH_PATH, target="/DATA"),
    Rejection("a path below a record", 404, NO_SUCH_PATH, target=f"{RECORD}/more"),
    Rejection("an encoded slash", 404, NO_SUCH_PATH, target="/data%2Fx"),
    Rejection("a wrong method", 405, WRONG_METHOD.format("/data"), method="DELETE"),
    Rejection("a wrong method and a slash", 405, WRONG_METHOD.format("/data"), method="DELETE", target="/data/"),
    Rejection("a wrong method for a record", 405, WRONG_METHOD.format("/data/{id}"), method="PUT", target=RECORD),
    Rejection(
        "a wrong method by override",
        405,
        WRONG_METHOD.format("/data"),
        lambda sign: [*bearer(sign.token()), ("X-HTTP-Method-Override", "DELETE")],
        "POST",
    ),
    Rejection("an underscored header", 400, "Bad Request", lambda _: [("X_Apigateway_Api_Userinfo", "x")]),
    Rejection(
        "headers over 60 KB",
        431,
        "Request Header Fields Too Large",
        lambda sign: [*bearer(sign.token()), *((f"X-Filler-{number}", "x" * 6000) for number in range(11))],
    ),
    Rejection(
        "a body that says it is over 32 MiB",
        413,
        "content length too large",
        lambda sign: [*bearer(sign.token()), ("Content-Length", str(BODY_LIMIT + 1))],
        "POST",
    ),
    Rejection(
        "a body that turns out to be over 32 MiB",
        413,
        "request too long",
        lambda sign: bearer(sign.token()),
        "POST",
        body=lambda: iter([MEBIBYTE] * 33),
    ),
    Rejection(
        "a body that does not arrive",
        408,
        "request timeout",
        lambda _: [("Content-Length", "1")],
        target="/healthz",
        gateway="other_gateway",
    ),
    Rejection(
        "a response over 32 MiB",
        500,
        "Internal Server Error",
        lambda _: [("X-Size", str(BODY_LIMIT + 1))],
        target="/healthz",
    ),
    Rejection(
        "a slow function",
        504,
        "upstream request timeout",
        lambda _: [("X-Hold", "1")],
        target="/healthz",
        gateway="other_gateway",
    ),
]


@pytest.mark.parametrize("rejection", REJECTIONS, ids=lambda rejection: rejection.case)
def test_it_rejects_as_api_gateway_does(rejection: Rejection, sign: Signer, request: pytest.FixtureRequest) -> None:
    gateway: Gateway = request.getfixturevalue(rejection.gateway)
    body = rejection.body() if rejection.body else None
    answer = gateway.call(rejection.method, rejection.target, rejection.headers(sign), body)
    assert (rejection.status, {"code": rejection.status, "message": rejection.message}) == (answer.status, answer.json)
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
