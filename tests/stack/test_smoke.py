"""A smoke test for one caller: post a record, read it back, send an invalid token.

A deployment of prod is tested with this file only. It uses the credential that the program finds, and leaves two
records of that user behind.
"""

import json
import time
import uuid
from typing import TYPE_CHECKING

import httpx
import pytest
from joserfc import jwt

from data_api.shared.local_tokens import signing_key
from tests.support.records import SAMPLE

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tests.support.servers.live_api import Api

GRANTS_TIMEOUT = 180.0  # seconds; grants that have just been made take minutes to work
TIMEOUT = 30.0  # seconds; a function that has slept starts first

Credential = dict[str, str]


def call(api: "Api", credential: Credential, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return api.command(*arguments, "--json", "--url", api.url, **credential)


def sent(api: "Api", credential: Credential, record: dict[str, str], *options: str) -> str:
    """The id of a record that was accepted."""
    done = call(api, credential, "send", json.dumps(record), *options)
    assert (0, "") == (done.returncode, done.stderr)
    return str(json.loads(done.stdout)["id"])


def test_a_record_that_is_posted_can_be_read_back(api: "Api", credential: Credential) -> None:
    record_id = sent(api, credential, SAMPLE)

    def read() -> dict[str, object]:
        done = call(api, credential, "get", record_id, "--wait", "10")
        return dict(json.loads(done.stdout)) if done.returncode == 0 else {}

    result = api.eventually(read, GRANTS_TIMEOUT)
    assert (record_id, SAMPLE) == (result["id"], result["data"])
    assert result in json.loads(call(api, credential, "list", "--limit", "20").stdout)


def test_a_post_that_is_repeated_with_its_key_is_the_same_record(api: "Api", credential: Credential) -> None:
    key = f"smoke-{uuid.uuid4()}"

    assert 1 == len({sent(api, credential, SAMPLE, "--idempotency-key", key) for _ in range(2)})


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
