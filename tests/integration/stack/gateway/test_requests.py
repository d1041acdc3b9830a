"""How the gateway passes requests to the functions: methods, bodies, paths, retries."""

import socket
from pathlib import Path

import pytest

from data_api.shared.contract import load_contract
from data_api.shared.local_tokens import jwks
from data_api.stack.gateway.envoy import BODY_LIMIT, envoy_configuration
from tests.support.servers.gateways import TIMEOUT, Gateway, envoy
from tests.support.servers.signers import Signer, bearer

RECORD = "/data/00000000000000000000000000000000"
MEBIBYTE = bytes(1024 * 1024)


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


def test_a_response_of_32_mib_reaches_the_client(gateway: Gateway) -> None:
    answer = gateway.call("GET", "/healthz", [("X-Size", str(BODY_LIMIT))])
    assert (200, str(BODY_LIMIT)) == (answer.status, answer.headers["content-length"])


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


@pytest.mark.parametrize("protocol", ["websocket", "WebSocket", "h2c"])
def test_a_request_to_upgrade_is_answered_with_a_body_as_without(protocol: str, gateway: Gateway) -> None:
    answer = gateway.call("GET", "/healthz", [("Connection", "Upgrade"), ("Upgrade", protocol)])
    assert (200, "GET") == (answer.status, answer.json["method"])
    assert [] == answer.reached("upgrade")


def test_head_is_not_overridden_because_its_answer_has_no_body(gateway: Gateway, sign: Signer) -> None:
    with socket.create_connection(("127.0.0.1", gateway.port), TIMEOUT) as connection:
        headers = [*bearer(sign.token()), ("Host", "x"), ("X-HTTP-Method-Override", "GET"), ("Connection", "close")]
        lines = ["HEAD /data HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
        connection.sendall("\r\n".join(lines).encode())
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 405 ")
    assert answer.endswith(b"\r\n\r\n")


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
    functions = {"generate": 1, "present": 1, "delete": 1, "web": 1}
    same = envoy_configuration(load_contract(), port=gateway.port, functions=functions, jwks=jwks(sign.key))
    with envoy(same, tmp_path) as second:
        assert second.wait(TIMEOUT) != 0
    assert "Address already in use" in (tmp_path / "envoy.log").read_text()


def test_without_a_quota_no_api_key_is_needed(gateway: Gateway, sign: Signer) -> None:
    assert 200 == gateway.call("GET", "/data", bearer(sign.token())).status
