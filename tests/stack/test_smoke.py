"""A smoke test for one caller: post a record, read it back, send an invalid token.

The first test is the command `data-api smoke`, which also tests a deployment of prod. It uses the credential that the
program finds, and leaves one record of that user behind.
"""

import json
import time
from typing import TYPE_CHECKING

import httpx
import pytest
from joserfc import jwt

from data_api.shared.local_tokens import signing_key
from tests.support.records import SAMPLE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.servers.live_api import Api

GRANTS = "50s"  # the deployment's own smoke test has waited for new grants; less than the limit of a command
TIMEOUT = 30.0  # seconds; a function that has slept starts first


def test_the_command_stores_a_record_and_reads_it_back(api: "Api", credential: dict[str, str]) -> None:
    done = api.command("smoke", "--json", "--wait", GRANTS, "--url", api.url, **credential)

    checks = {check["name"]: check["ok"] for check in json.loads(done.stdout)["checks"]}
    assert dict.fromkeys(["post", "same key", "read", "list", "page", "no token", "bad token"], True) == checks, (
        done.stdout
    )
    assert (0, "") == (done.returncode, done.stderr)


@pytest.fixture
def forged(api: "Api", tmp_path: "Path") -> str:
    """A token with valid claims, signed with an unknown key."""
    now = int(time.time())
    claims = {"iss": "https://accounts.google.com", "aud": api.audience, "sub": "mallory", "exp": now + 3600}
    key = signing_key(tmp_path / "key.pem")
    return jwt.encode({"alg": "RS256"}, claims | {"Role": ["data.read", "data.write"]}, key)


def test_a_token_of_an_unknown_signer_is_rejected(api: "Api", forged: str) -> None:
    for authorization in ("", "Bearer x", f"Bearer {forged}"):
        headers = {"authorization": authorization} if authorization else {}
        posted = httpx.post(f"{api.url}/data", json=SAMPLE, headers=headers, timeout=TIMEOUT)
        read = httpx.get(f"{api.url}/data", headers=headers, timeout=TIMEOUT)

        assert [401, 401] == [posted.status_code, read.status_code]
        assert [401, 401] == [posted.json()["code"], read.json()["code"]]


def test_a_preflight_needs_no_token_and_an_unknown_origin_is_not_allowed(api: "Api") -> None:
    headers = {"origin": "https://page.of.nobody.example", "access-control-request-method": "POST"}

    answer = httpx.options(f"{api.url}/data", headers=headers, timeout=TIMEOUT)

    assert 204 == answer.status_code
    assert "access-control-allow-origin" not in answer.headers
