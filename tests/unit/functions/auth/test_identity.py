"""Tests how the caller is identified."""

import base64
import itertools
import json
import re
from typing import Any

import pytest

from dataapi.auth import identity
from dataapi.errors import Unauthenticated
from dataapi.records.record import USER_ID
from tests.support.functions.error_message import error_message

GOOGLE = "https://accounts.google.com"
CLAIMS: dict[str, Any] = {"sub": "115", "iss": GOOGLE, "exp": 1_800_000_000}


def user_id(subject: object, issuer: object = GOOGLE) -> str:
    return identity.user_id({**CLAIMS, "sub": subject, "iss": issuer})


def without(name: str) -> dict[str, Any]:
    return {claim: value for claim, value in CLAIMS.items() if claim != name}


def header(payload: bytes) -> str:
    return base64.urlsafe_b64encode(payload).decode()


def test_the_id_names_subject_and_issuer() -> None:
    assert "115@accounts.google.com" == user_id("115")
    assert "a%2Fb%40c@securetoken.google.com%2Fmy-project" == user_id(
        "a/b@c", "https://securetoken.google.com/my-project"
    )


def test_every_id_is_a_legal_name_of_a_document() -> None:
    odd = ["..", ".", "", "__", "__x", "x__", "__x__", "a/b", "../..", "\n", "\x00", "\U0001f600" * 2_000, "é" * 300]
    ids = [user_id(subject, f"https://{issuer}") for subject in odd if subject for issuer in odd]
    reserved = re.compile(r"\.|\.\.|__.*__", re.DOTALL)
    assert [] == [
        caller_id
        for caller_id in ids
        if not USER_ID.fullmatch(caller_id) or "/" in caller_id or reserved.fullmatch(caller_id)
    ]
    assert [] == [caller_id for caller_id in ids if len(caller_id.encode()) > 1_500]


def test_no_two_callers_share_an_id() -> None:
    pieces = ["a", "@", "%40", "%", "/", "=", "5F"]
    texts = {*pieces, *map("".join, itertools.product(pieces, repeat=2))}
    ids = {user_id(subject, f"https://{issuer}") for subject in texts for issuer in texts}
    assert len(texts) ** 2 == len(ids)


def test_one_subject_of_two_issuers_is_two_users() -> None:
    assert user_id("115") != user_id("115", "https://securetoken.google.com/my-project")
    assert user_id("1" * 2_000) != user_id("1" * 2_000, "https://securetoken.google.com/my-project")


def test_ids_too_long_for_a_name_are_unique_too() -> None:
    assert user_id("1" * 2_000) != user_id("1" * 1_999 + "2")
    assert user_id("1" * 2_000) == user_id("1" * 2_000)


def test_an_id_stays_readable_up_to_1500_bytes() -> None:
    lengths = (1_479, 1_480, 1_481, 2_000)
    readable = [length for length in lengths if user_id("1" * length) == "1" * length + "@accounts.google.com"]
    assert [1_479, 1_480] == readable


def test_no_caller_can_have_the_id_of_a_caller_with_a_hashed_name() -> None:
    long = user_id("1" * 2_000)
    assert re.fullmatch("=[0-9a-f]{64}@", long)
    assert long != user_id(long.removesuffix("@"), "https://")


@pytest.mark.parametrize("name", ["sub", "iss"])
def test_a_token_without_a_subject_or_issuer_is_rejected(name: str) -> None:
    values: list[object] = [None, "", 7, True, ["115"], {"a": 1}]
    tokens = [without(name), *({**CLAIMS, name: value} for value in values)]
    message = f"The token has no valid claim {name}. Get a new token."
    assert [] == [claims for claims in tokens if message != error_message(Unauthenticated, identity.user_id, claims)]


def test_a_token_without_an_expiry_is_rejected() -> None:
    values: list[object] = [None, True, False, "1800000000", [1_800_000_000], {}]
    tokens = [without("exp"), *({**CLAIMS, "exp": value} for value in values)]
    message = "The token has no expiry (claim exp). Get a new token."
    assert [] == [claims for claims in tokens if message != error_message(Unauthenticated, identity.user_id, claims)]


def test_an_expiry_may_have_a_fraction() -> None:
    assert "115@accounts.google.com" == identity.user_id({**CLAIMS, "exp": 1_800_000_000.5})


def test_the_claims_are_read_with_and_without_padding() -> None:
    tokens = [{"sub": subject, "name": "é?>"} for subject in ("1", "12", "123")]
    encoded = [header(json.dumps(claims, ensure_ascii=False).encode()) for claims in tokens]
    assert {0, 1, 2} == {userinfo.count("=") for userinfo in encoded}
    assert tokens == [identity.claims(userinfo) for userinfo in encoded]
    assert tokens == [identity.claims(userinfo.rstrip("=")) for userinfo in encoded]


def test_a_request_without_claims_gets_an_error_that_asks_for_a_token() -> None:
    messages = [error_message(Unauthenticated, identity.claims, missing) for missing in (None, "")]
    assert ["Send an ID token: authorization: Bearer TOKEN."] * 2 == messages


def test_invalid_claims_are_rejected() -> None:
    unreadable = [b"{", b"\xff", b'{"a": NaN}', b"\xef\xbb\xbf{}", b"[" * 100_000, rb'{"sub": "\ud800"}']
    no_claims = [b"[]", b'"sub"', b"7", b"null", b'[{"sub": "115"}]', b'{"sub": "115", "sub": "116"}']
    no_base64 = ["e", "====", "{}", "!!!!", "é30", "e30=e30=\N{GRINNING FACE}"]
    headers = [*no_base64, *map(header, unreadable + no_claims)]
    message = "The token's claims cannot be read. Get a new token."
    assert [] == [
        header[:40] for header in headers if message != error_message(Unauthenticated, identity.claims, header)
    ]
