"""Who calls: an id for every caller, which no other caller shares, and which Firestore takes for a document's name."""

import base64
import itertools
import json
import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dataapi import identity
from dataapi.errors import Unauthenticated
from dataapi.record import USER_ID

GOOGLE = "https://accounts.google.com"
CLAIMS: dict[str, Any] = {"sub": "115", "iss": GOOGLE, "exp": 1_800_000_000}
# Every character that has a meaning in a path, in an id as it is made, or in Firestore; and some that have none.
nasty = st.text("/._@%=~-:_. \n\x00aA0é€\U0001f600", min_size=1, max_size=12)


def user_id(subject: object, issuer: object = GOOGLE) -> str:
    return identity.user_id({**CLAIMS, "sub": subject, "iss": issuer})


def header(payload: bytes) -> str:
    return base64.urlsafe_b64encode(payload).decode()


def test_the_id_names_subject_and_issuer() -> None:
    assert "115@accounts.google.com" == user_id("115")
    assert "a%2Fb%40c@securetoken.google.com%2Fmy-project" == user_id(
        "a/b@c", "https://securetoken.google.com/my-project"
    )


@settings(max_examples=50, deadline=None)
@given(nasty | nasty.map(lambda text: text * 200), nasty | st.just(""))
@example("..", "")
@example("__", "__")
@example("__x", "x__")
@example("\U0001f600" * 2_000, "\U0001f600" * 2_000)
def test_every_id_is_a_legal_name_of_a_document(subject: str, issuer: str) -> None:
    found = user_id(subject, f"https://{issuer}")
    assert USER_ID.fullmatch(found)
    assert "/" not in found
    assert found not in {".", ".."}
    assert not re.fullmatch("__.*__", found, re.DOTALL)
    assert 1 <= len(found.encode()) <= 1_500


def test_no_two_callers_share_an_id() -> None:
    pieces = ["a", "@", "%40", "%", "40", "/", "=", "_", "5F"]
    texts = {*pieces, *map("".join, itertools.product(pieces, repeat=2))}
    ids = {user_id(subject, f"https://{issuer}") for subject in texts for issuer in texts}
    assert len(texts) ** 2 == len(ids)


def test_one_subject_of_two_issuers_is_two_users() -> None:
    assert user_id("115") != user_id("115", "https://securetoken.google.com/my-project")
    assert user_id("1" * 2_000) != user_id("1" * 2_000, "https://securetoken.google.com/my-project")


def test_ids_too_long_for_a_name_are_told_apart_as_well() -> None:
    assert user_id("1" * 2_000) != user_id("1" * 1_999 + "2")
    assert user_id("1" * 2_000) == user_id("1" * 2_000)


@pytest.mark.parametrize(("length", "kept"), [(1_479, True), (1_480, True), (1_481, False), (2_000, False)])
def test_an_id_stays_readable_up_to_1500_bytes(length: int, *, kept: bool) -> None:
    plain = "1" * length + "@accounts.google.com"
    assert kept == (plain == user_id("1" * length))


def test_nobody_can_take_the_id_of_a_caller_whose_name_was_too_long() -> None:
    long = user_id("1" * 2_000)
    assert re.fullmatch("=[0-9a-f]{64}@", long)
    assert long != user_id(long.removesuffix("@"), "https://")


@pytest.mark.parametrize("name", ["sub", "iss"])
@pytest.mark.parametrize("value", [None, "", 7, True, ["115"], {"a": 1}])
def test_a_token_without_a_named_caller_is_refused(name: str, value: object) -> None:
    with pytest.raises(Unauthenticated, match=rf"^The token names no caller \(claim {name}\)\. Get a new token\.$"):
        identity.user_id({**CLAIMS, name: value})


@pytest.mark.parametrize("name", ["sub", "iss", "exp"])
def test_a_token_that_lacks_a_claim_is_refused(name: str) -> None:
    with pytest.raises(Unauthenticated, match=rf"\(claim {name}\)"):
        identity.user_id({claim: CLAIMS[claim] for claim in CLAIMS if claim != name})


@pytest.mark.parametrize("value", [None, True, False, "1800000000", [1_800_000_000], {}])
def test_a_token_without_an_expiry_is_refused(value: object) -> None:
    with pytest.raises(Unauthenticated, match=r"^The token has no expiry \(claim exp\)\. Get a new token\.$"):
        identity.user_id({**CLAIMS, "exp": value})


def test_an_expiry_may_have_a_fraction() -> None:
    assert "115@accounts.google.com" == identity.user_id({**CLAIMS, "exp": 1_800_000_000.5})


@pytest.mark.parametrize("subject", ["1", "12", "123"], ids=["no padding", "two", "one"])
def test_the_claims_are_read_with_and_without_padding(subject: str) -> None:
    expected = {"sub": subject, "name": "é?>"}
    encoded = header(json.dumps(expected, ensure_ascii=False).encode())
    assert expected == identity.claims(encoded)
    assert expected == identity.claims(encoded.rstrip("="))


def test_the_three_subjects_meet_every_padding() -> None:
    lengths = {len(json.dumps({"sub": subject}).encode()) % 3 for subject in ("1", "12", "123")}
    assert {0, 1, 2} == lengths


@pytest.mark.parametrize("missing", [None, ""])
def test_a_request_without_claims_is_told_to_send_a_token(missing: str | None) -> None:
    with pytest.raises(Unauthenticated, match=r"^Send an ID token: authorization: Bearer TOKEN\.$"):
        identity.claims(missing)


UNREADABLE = [b"{", b"\xff", b'{"a": NaN}', b"\xef\xbb\xbf{}", b"[" * 100_000, rb'{"sub": "\ud800"}']
NO_CLAIMS = [b"[]", b'"sub"', b"7", b"null", b'[{"sub": "115"}]', b'{"sub": "115", "sub": "116"}']


@pytest.mark.parametrize(
    "userinfo", ["e", "====", "{}", "!!!!", "é30", "e30=e30=\N{GRINNING FACE}", *map(header, UNREADABLE + NO_CLAIMS)]
)
def test_claims_that_cannot_be_read_are_refused(userinfo: str) -> None:
    with pytest.raises(Unauthenticated, match=r"^The token's claims cannot be read\. Get a new token\.$"):
        identity.claims(userinfo)
