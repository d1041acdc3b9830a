"""Tokens that look like Google's, and the key that signs them; Google's own library verifies them."""

import base64
import json
import os
import stat
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from google.auth import jwt
from joserfc.jwk import ECKey, RSAKey

from data_api.shared.contract import Json, load_contract
from data_api.shared.errors import CliError
from data_api.shared.local_tokens import Issuer, jwks, signing_key, token


@cache
def shipped() -> Json:
    return load_contract()


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("state") / "new" / "folder" / "key.pem"
    signing_key(file)
    return file


@pytest.fixture(scope="module")
def key(key_file: Path) -> RSAKey:
    return signing_key(key_file)


def pem(key: RSAKey | ECKey) -> bytes:
    return key.as_pem(private=True)


def claims(key: RSAKey, signed: str) -> dict[str, Any]:
    """Verified by Google's own library."""
    public = key.as_pem(private=False)
    verified: dict[str, Any] = jwt.decode(signed, certs=public)  # type: ignore[no-untyped-call]  # google-auth's are
    return verified


def unverified(signed: str) -> dict[str, Any]:
    payload: dict[str, Any] = json.loads(base64.urlsafe_b64decode(signed.split(".")[1] + "=="))
    return payload


def test_the_key_is_created_once(key_file: Path, key: RSAKey) -> None:
    before = key_file.read_bytes()
    assert key.as_dict(private=True) == signing_key(key_file).as_dict(private=True)
    assert before == key_file.read_bytes()
    assert key.private_key is not None
    assert key.private_key.key_size == 2048


def test_only_its_owner_can_read_the_key(key_file: Path) -> None:
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600


def test_no_temporary_file_is_left(key_file: Path) -> None:
    assert [key_file] == list(key_file.parent.iterdir())


def test_two_processes_that_create_a_key_at_once_use_the_same(
    tmp_path: Path, key: RSAKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def link_after_another(source: str, target: Path) -> None:
        target.write_bytes(pem(key))
        link(source, target)

    monkeypatch.setattr(os, "link", link_after_another)
    assert key.as_dict(private=True) == signing_key(tmp_path / "key.pem").as_dict(private=True)
    assert [tmp_path / "key.pem"] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: b"", id="empty"),
        pytest.param(lambda: b"-----BEGIN PRIVATE KEY-----\n", id="cut off"),
        pytest.param(lambda: pem(ECKey.generate_key("P-256")), id="elliptic"),
    ],
)
def test_a_file_without_an_rsa_key_is_rejected(make: Callable[[], bytes], tmp_path: Path) -> None:
    file, content = tmp_path / "key.pem", make()
    file.write_bytes(content)
    with pytest.raises(CliError, match="is not an RSA private key: delete it"):
        signing_key(file)
    assert content == file.read_bytes()


def test_a_path_where_the_key_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    with pytest.raises(CliError, match=r"signing key cannot be stored in .*state/key\.pem \("):
        signing_key(tmp_path / "state" / "key.pem")


def test_the_public_key_set_is_that_of_the_tokens(key: RSAKey) -> None:
    signed = token(shipped(), key, Issuer.GOOGLE, "ada")
    header = json.loads(base64.urlsafe_b64decode(signed.split(".")[0] + "=="))
    [public] = jwks(key)["keys"]
    numbers = {name: int.from_bytes(base64.urlsafe_b64decode(public[name] + "==")) for name in ("n", "e")}
    expected = key.public_key.public_numbers()
    assert {"n": expected.n, "e": expected.e} == numbers
    assert {"alg": "RS256", "kid": public["kid"], "typ": "JWT"} == header
    assert {"alg", "e", "kid", "kty", "n", "use"} == public.keys()  # and no private member


def test_a_google_token_has_googles_claims(key: RSAKey) -> None:
    earliest = int(time.time())
    result = claims(key, token(shipped(), key, Issuer.GOOGLE, "ada"))
    assert earliest <= result["iat"] <= time.time()
    assert {
        "iss": "https://accounts.google.com",
        "aud": "data-api-local",
        "sub": "ada",
        "email": "ada@example.com",
        "email_verified": True,
        "iat": result["iat"],
        "exp": result["iat"] + 3600,
    } == result


def test_an_identity_platform_token_has_its_claims_too(key: RSAKey) -> None:
    result = claims(key, token(shipped(), key, Issuer.IDENTITY_PLATFORM, "ada"))
    assert {
        "iss": "https://securetoken.google.com/data-api-local",
        "aud": "data-api-local",
        "sub": "ada",
        "user_id": "ada",
        "email": "ada@example.com",
        "email_verified": True,
        "firebase": {"identities": {"email": ["ada@example.com"]}, "sign_in_provider": "password"},
        "auth_time": result["iat"],
        "iat": result["iat"],
        "exp": result["iat"] + 3600,
    } == result


@pytest.mark.parametrize("user", ["ada", "a/../b", "ä ö", '"', "x" * 500])
def test_the_user_is_the_subject(user: str, key: RSAKey) -> None:
    assert user == claims(key, token(shipped(), key, Issuer.GOOGLE, user))["sub"]


@pytest.mark.parametrize(
    ("user", "email", "expected"),
    [
        ("ada", None, "ada@example.com"),
        ("ada@example.org", None, "ada@example.org"),
        ("ada", "lovelace@example.net", "lovelace@example.net"),
    ],
)
def test_every_user_has_an_email_address(user: str, email: str | None, expected: str, key: RSAKey) -> None:
    assert expected == claims(key, token(shipped(), key, Issuer.GOOGLE, user, email=email))["email"]


@pytest.mark.parametrize("issuer", list(Issuer))
def test_roles_are_a_list(issuer: Issuer, key: RSAKey) -> None:
    signed = token(shipped(), key, issuer, "ada", roles=("data.read", "data.write"))
    assert ["data.read", "data.write"] == claims(key, signed)["Role"]


def test_a_given_claim_replaces_the_default(key: RSAKey) -> None:
    extra = {"sub": "eve", "Role": "data.read", "hd": "example.com", "email_verified": False}
    result = claims(key, token(shipped(), key, Issuer.GOOGLE, "ada", roles=["data.write"], extra=extra))
    assert extra == {name: result[name] for name in extra}


@pytest.mark.parametrize("claim", ["sub", "exp", "aud", "iss", "email", "Role"])
def test_a_claim_given_as_null_is_left_out(claim: str, key: RSAKey) -> None:
    whole = unverified(token(shipped(), key, Issuer.GOOGLE, "ada", roles=["data.read"]))
    signed = token(shipped(), key, Issuer.GOOGLE, "ada", roles=["data.read"], extra={claim: None})
    assert whole.keys() - {claim} == unverified(signed).keys()
    assert claim in whole


def test_tokens_that_the_contract_does_not_accept_are_not_signed(key: RSAKey) -> None:
    contract = {**shipped(), "components": {"securitySchemes": {}}}
    with pytest.raises(
        CliError, match="accepts no tokens of identity-platform: add the security scheme identityPlatform"
    ):
        token(contract, key, Issuer.IDENTITY_PLATFORM, "ada")
