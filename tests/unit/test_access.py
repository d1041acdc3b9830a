"""Who is let in: roles of the token, grants of the deployment, and nothing that merely looks like one of them."""

import base64
import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataapi import access
from dataapi.access import READ, WRITE, Access
from dataapi.errors import Forbidden, Unauthenticated
from dataapi.identity import HEADER

GOOGLE = "https://accounts.google.com"
CLAIMS: dict[str, Any] = {"sub": "115", "iss": GOOGLE, "exp": 1_800_000_000}
USER = "115@accounts.google.com"
CLOSED = Access(role_claim="Role", grants={}, origins=frozenset())

words = st.sampled_from(
    ["data.read", "data.write", "data", "read", "", " data.read", "DATA.READ", "data.read.all", "*"]
)
odd = st.recursive(
    st.none() | st.booleans() | st.integers(0, 1) | words,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(words, inner, max_size=2),
    max_leaves=4,
)


def granting(*members: str, role: str = READ) -> Access:
    return dataclasses.replace(CLOSED, grants={role: frozenset(members)})


def is_admitted(claims: dict[str, Any], allowed: Access, role: str = READ) -> bool:
    userinfo = base64.urlsafe_b64encode(json.dumps({**CLAIMS, **claims}).encode()).decode()
    try:
        return USER == access.admitted({HEADER: userinfo}, role, allowed)
    except Forbidden:
        return False


@pytest.mark.parametrize(
    "claim",
    [
        "data.read",
        "data.write data.read",
        "data.write,data.read",
        " data.read ",
        "a, b,\n\tdata.read",
        ["data.read"],
        ["data.write", "data.read"],
        [7, None, {"a": 1}, [], "data.read"],
    ],
)
def test_a_role_in_the_token_lets_in(claim: object) -> None:
    assert is_admitted({"Role": claim}, CLOSED)


@pytest.mark.parametrize(
    "claim",
    [
        *(None, True, 7, 7.5, "", " ", [], {}),
        *("data.write", "data.readers", "xdata.read", "data.read;data.write", "DATA.READ", "data", "*"),
        *(["data.write"], ["data.read data.write"], [["data.read"]], [{}], [{"data.read": True}], [None], [7]),
        *({"data.read": True}, {"roles": ["data.read"]}),
    ],
    ids=repr,
)
def test_anything_else_in_its_place_grants_nothing(claim: object) -> None:
    assert not is_admitted({"Role": claim}, CLOSED)


@settings(max_examples=50, deadline=None)
@given(odd)
def test_only_a_listed_role_lets_in_whatever_the_claim_holds(claim: object) -> None:
    listed = claim if isinstance(claim, list) else claim.split() if isinstance(claim, str) else []
    assert (READ in listed) == is_admitted({"Role": claim}, CLOSED)


def test_a_token_without_the_claim_grants_nothing() -> None:
    assert not is_admitted({}, CLOSED)


def test_one_role_is_not_the_other() -> None:
    assert not is_admitted({"Role": READ}, CLOSED, role=WRITE)
    assert not is_admitted({}, granting("allAuthenticatedUsers", role=READ), role=WRITE)


def test_the_claim_that_holds_roles_has_the_name_that_the_deployment_says() -> None:
    elsewhere = dataclasses.replace(CLOSED, role_claim="https://example.com/roles")
    assert is_admitted({"https://example.com/roles": [READ]}, elsewhere)
    assert not is_admitted({"Role": [READ]}, elsewhere)


def test_a_grant_to_all_who_sign_in_lets_in() -> None:
    assert is_admitted({}, granting("allAuthenticatedUsers"))


@pytest.mark.parametrize("email", ["ada@example.com", "Ada@Example.COM"])
def test_a_grant_to_a_verified_email_lets_in_however_it_is_written(email: str) -> None:
    assert is_admitted({"email": email, "email_verified": True}, granting("user:ada@example.com"))


@pytest.mark.parametrize("verified", [None, False, "true", "True", 1, [True], {}])
def test_an_email_that_is_not_verified_grants_nothing(verified: object) -> None:
    assert not is_admitted({"email": "ada@example.com", "email_verified": verified}, granting("user:ada@example.com"))


def test_an_email_of_which_nothing_is_said_grants_nothing() -> None:
    assert not is_admitted({"email": "ada@example.com"}, granting("user:ada@example.com"))


@pytest.mark.parametrize("email", [None, 7, ["ada@example.com"], {"user": "ada@example.com"}, "bob@example.com", ""])
def test_another_email_grants_nothing(email: object) -> None:
    assert not is_admitted({"email": email, "email_verified": True}, granting("user:ada@example.com"))


def test_a_service_account_is_granted_under_its_own_kind() -> None:
    job = {"email": "job@my-project.iam.gserviceaccount.com", "email_verified": True}
    assert is_admitted(job, granting("serviceAccount:job@my-project.iam.gserviceaccount.com"))
    assert not is_admitted(job, granting("user:job@my-project.iam.gserviceaccount.com"))


def test_a_person_is_no_service_account() -> None:
    ada = {"email": "ada@example.com", "email_verified": True}
    assert not is_admitted(ada, granting("serviceAccount:ada@example.com"))


@pytest.mark.parametrize("domain", ["example.com", "Example.COM"])
def test_a_grant_to_a_domain_lets_in_whom_google_says_to_be_of_it(domain: str) -> None:
    assert is_admitted({"hd": domain}, granting("domain:example.com"))


def test_the_tail_of_an_email_is_no_domain() -> None:
    assert not is_admitted({"email": "ada@example.com", "email_verified": True}, granting("domain:example.com"))


@pytest.mark.parametrize("domain", [None, 7, ["example.com"], {}, "", "sub.example.com", "example.com.evil.org"])
def test_another_domain_grants_nothing(domain: object) -> None:
    assert not is_admitted({"hd": domain}, granting("domain:example.com"))


@pytest.mark.parametrize(
    "issuer", ["https://securetoken.google.com/p", "https://accounts.google.com.evil.org", "google"]
)
def test_a_domain_that_another_issuer_says_grants_nothing(issuer: str) -> None:
    userinfo = base64.urlsafe_b64encode(json.dumps({**CLAIMS, "iss": issuer, "hd": "example.com"}).encode()).decode()
    with pytest.raises(Forbidden):
        access.admitted({HEADER: userinfo}, READ, granting("domain:example.com"))


def test_who_lacks_the_role_is_told_which_and_how_to_get_it() -> None:
    userinfo = base64.urlsafe_b64encode(json.dumps(CLAIMS).encode()).decode()
    with pytest.raises(Forbidden) as refused:
        access.admitted({HEADER: userinfo}, WRITE, dataclasses.replace(CLOSED, role_claim="groups"))
    assert (
        "This needs the role data.write. Ask whoever runs this API to put it into your token's claim groups, "
        "or to grant it to you in the API's configuration."
    ) == refused.value.message


@pytest.mark.parametrize("headers", [{}, {HEADER: ""}, {"authorization": "Bearer x"}])
def test_who_brings_no_claims_is_not_let_in_even_where_all_are(headers: dict[str, str]) -> None:
    with pytest.raises(Unauthenticated):
        access.admitted(headers, READ, granting("allAuthenticatedUsers"))
