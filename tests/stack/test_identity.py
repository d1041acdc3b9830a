"""Hostile tokens and headers against the whole system: no unauthorized 2xx, and no 5xx."""

import base64
import json
import time
import uuid
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.support.records import SAMPLE

if TYPE_CHECKING:
    from tests.support.servers.live_api import Api

WRITER = ("data.read", "data.write")


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def post(api: "Api", token: str, **headers: str) -> httpx.Response:
    return httpx.post(
        f"{api.url}/data", json=SAMPLE, headers={"authorization": f"Bearer {token}", **headers}, timeout=30
    )


@pytest.mark.parametrize(
    ("claims", "status", "said"),
    [
        pytest.param({"exp": None}, 401, "exp", id="no expiry"),
        pytest.param({"sub": None}, 401, "sub", id="no subject"),
        pytest.param({"sub": ""}, 401, "sub", id="empty subject"),
        pytest.param({"Role": None}, 403, "data.write", id="no role"),
        pytest.param({"Role": []}, 403, "data.write", id="empty roles"),
        pytest.param({"Role": "data.writer"}, 403, "data.write", id="another role"),
        pytest.param({"Role": 7}, 403, "data.write", id="a number for a role"),
        pytest.param({"Role": {"data.write": True}}, 403, "data.write", id="an object for roles"),
        pytest.param({"Role": [["data.write"]]}, 403, "data.write", id="a list in a list"),
        pytest.param({"Role": None, "role": "data.write"}, 403, "data.write", id="the claim in other letters"),
    ],
)
def test_the_functions_check_again_what_the_gateway_passes(
    api: "Api", claims: dict[str, object], status: int, said: str
) -> None:
    answer = post(api, api.token("mallory", *WRITER, claims=claims))

    assert status == answer.status_code
    assert {"code", "message"} == answer.json().keys()
    assert said in answer.json()["message"]


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer",
        "Bearer x",
        "Bearer a.b.c",
        "Basic YWRhOmFkYQ==",
        f"Bearer {encoded({'alg': 'none', 'typ': 'JWT'})}.{encoded({'sub': 'ada', 'Role': ['data.write']})}.",
    ],
)
def test_an_invalid_token_is_401(api: "Api", authorization: str) -> None:
    answer = httpx.post(f"{api.url}/data", json=SAMPLE, headers={"authorization": authorization})

    assert (401, 401) == (answer.status_code, answer.json()["code"])


def test_a_token_of_yesterday_or_of_tomorrow_is_401(api: "Api") -> None:
    now = int(time.time())
    for claims in ({"exp": now - 3600}, {"nbf": now + 3600}):
        assert 401 == post(api, api.token("ada", *WRITER, claims=claims)).status_code


def test_roles_parted_by_spaces_or_commas_count(api: "Api") -> None:
    for roles in ("data.read data.write", "data.read,data.write", "data.write"):
        assert 202 == post(api, api.token("ada", claims={"Role": roles})).status_code


def test_reading_needs_its_own_role_and_says_so(api: "Api") -> None:
    with api.client("ada", "data.write") as client:
        answer = client.get("/data")

    assert 403 == answer.status_code
    assert "data.read" in answer.json()["message"]


@pytest.mark.parametrize(
    "header", ["X-Apigateway-Api-Userinfo", "X-Forwarded-Authorization", "X-Endpoint-API-UserInfo", "X-User-Id"]
)
def test_a_forged_header_changes_neither_the_caller_nor_what_is_allowed(api: "Api", header: str) -> None:
    victim, mallory = f"victim-{uuid.uuid4()}", f"mallory-{uuid.uuid4()}"
    forged = {"sub": victim, "iss": "https://accounts.google.com", "exp": 9_999_999_999, "Role": list(WRITER)}

    without_role = post(api, api.token(mallory), **{header: encoded(forged)})
    with_role = post(api, api.token(mallory, *WRITER), **{header: encoded(forged)})
    without_token = httpx.get(f"{api.url}/data", headers={header: encoded(forged)})

    assert (403, 202, 401) == (without_role.status_code, with_role.status_code, without_token.status_code)
    with api.client(mallory, *WRITER) as owner, api.client(victim, *WRITER) as other:
        location = with_role.headers["location"]
        assert 200 == owner.get(location, headers={"prefer": "wait=10"}).status_code
        assert {"records": []} == other.get("/data").json()


@pytest.mark.parametrize(
    "subject",
    ["a/b", "../x", ".", "..", "__x__", "a/records/b", "😀", "%2F", "x" * 2_000, "😀" * 500, " ", "\u0000", "a@b", "="],
)
def test_any_subject_has_records_of_its_own(api: "Api", subject: str) -> None:
    with api.client(subject, *WRITER) as client:
        answer = client.post("/data", json=SAMPLE)
        assert 202 == answer.status_code
        assert 200 == client.get(answer.headers["location"], headers={"prefer": "wait=10"}).status_code
        assert answer.json()["id"] in [record["id"] for record in client.get("/data").json()["records"]]
    with api.client(subject + "x", *WRITER) as neighbour:
        assert 404 == neighbour.get(answer.headers["location"]).status_code
