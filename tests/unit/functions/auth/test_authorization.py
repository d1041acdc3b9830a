"""Tests which callers are authorized."""

import base64
import dataclasses
import json
from typing import Any

import pytest

from dataapi.auth import authorization
from dataapi.auth.authorization import READ, WRITE, AccessPolicy
from dataapi.auth.identity import HEADER
from dataapi.errors import Forbidden, HttpError
from tests.support.functions import calls

GOOGLE = "https://accounts.google.com"
CLAIMS: dict[str, Any] = {"sub": "115", "iss": GOOGLE, "exp": 1_800_000_000}
USER = "115@accounts.google.com"
CLOSED = AccessPolicy(role_claim="Role", grants={}, origins=frozenset())


def granting(*members: str, role: str = READ) -> AccessPolicy:
    return dataclasses.replace(CLOSED, grants={role: frozenset(members)})


def headers(claims: dict[str, Any]) -> dict[str, str]:
    return {HEADER: base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()}


def outcome(headers: dict[str, str], role: str, allowed: AccessPolicy) -> str:
    """The id of the admitted caller, or the type of the error."""
    try:
        return authorization.authorize(headers, role, allowed)
    except HttpError as refusal:
        return type(refusal).__name__


def is_admitted(claims: dict[str, Any], allowed: AccessPolicy, role: str = READ) -> bool:
    result = outcome(headers({**CLAIMS, **claims}), role, allowed)
    assert result in (USER, "Forbidden")
    return USER == result


def test_a_role_in_the_token_is_admitted() -> None:
    listed: tuple[list[object], ...] = (
        ["data.read"],
        ["data.write", "data.read"],
        [7, None, {"a": 1}, [], "data.read"],
    )
    parted = ("data.read", "data.write data.read", "data.write,data.read", " data.read ", "a, b,\n\tdata.read")
    assert [] == [claim for claim in (*listed, *parted) if not is_admitted({"Role": claim}, CLOSED)]


def test_anything_else_in_its_place_grants_nothing() -> None:
    claims: list[object] = [
        *(None, True, 7, 7.5, "", " ", [], {}),
        *("data.write", "data.readers", "xdata.read", "data.read;data.write", "DATA.READ", "data", "*"),
        *(["data.write"], ["data.read data.write"], [["data.read"]], [{}], [{"data.read": True}], [None], [7]),
        *({"data.read": True}, {"roles": ["data.read"]}),
    ]
    assert [] == [claim for claim in claims if is_admitted({"Role": claim}, CLOSED)]


def test_a_token_without_the_claim_grants_nothing() -> None:
    assert not is_admitted({}, CLOSED)


def test_one_role_is_not_the_other() -> None:
    assert not is_admitted({"Role": READ}, CLOSED, role=WRITE)
    assert not is_admitted({}, granting("allAuthenticatedUsers", role=READ), role=WRITE)


def test_the_name_of_the_claim_with_roles_is_a_setting() -> None:
    elsewhere = dataclasses.replace(CLOSED, role_claim="https://example.com/roles")
    assert is_admitted({"https://example.com/roles": [READ]}, elsewhere)
    assert not is_admitted({"Role": [READ]}, elsewhere)


def test_a_grant_to_all_signed_in_users_admits_them() -> None:
    assert is_admitted({}, granting("allAuthenticatedUsers"))


def test_a_grant_to_a_verified_email_ignores_case() -> None:
    ada = granting("user:ada@example.com")
    assert is_admitted({"email": "ada@example.com", "email_verified": True}, ada)
    assert is_admitted({"email": "Ada@Example.COM", "email_verified": True}, ada)


def test_an_email_that_is_not_verified_grants_nothing() -> None:
    ada = {"email": "ada@example.com"}
    verified: list[object] = [None, False, "true", "True", 1, [True], {}]
    said: list[dict[str, Any]] = [{}, *({"email_verified": value} for value in verified)]
    assert [] == [
        claim_values for claim_values in said if is_admitted({**ada, **claim_values}, granting("user:ada@example.com"))
    ]


def test_another_email_grants_nothing() -> None:
    others = [None, 7, ["ada@example.com"], {"user": "ada@example.com"}, "bob@example.com", ""]
    ada = granting("user:ada@example.com")
    assert [] == [other for other in others if is_admitted({"email": other, "email_verified": True}, ada)]


def test_a_service_account_is_granted_under_its_own_kind() -> None:
    job = {"email": "job@my-project.iam.gserviceaccount.com", "email_verified": True}
    assert is_admitted(job, granting("serviceAccount:job@my-project.iam.gserviceaccount.com"))
    assert not is_admitted(job, granting("user:job@my-project.iam.gserviceaccount.com"))


def test_a_person_is_no_service_account() -> None:
    ada = {"email": "ada@example.com", "email_verified": True}
    assert not is_admitted(ada, granting("serviceAccount:ada@example.com"))


def test_a_grant_to_a_domain_admits_the_users_that_google_assigns_to_it() -> None:
    assert is_admitted({"hd": "example.com"}, granting("domain:example.com"))
    assert is_admitted({"hd": "Example.COM"}, granting("domain:example.com"))


def test_the_tail_of_an_email_is_no_domain() -> None:
    assert not is_admitted({"email": "ada@example.com", "email_verified": True}, granting("domain:example.com"))


def test_another_domain_grants_nothing() -> None:
    others: list[object] = [None, 7, ["example.com"], {}, "", "sub.example.com", "example.com.evil.org"]
    assert [] == [domain for domain in others if is_admitted({"hd": domain}, granting("domain:example.com"))]


def test_a_domain_of_another_issuer_grants_nothing() -> None:
    issuers = ["https://securetoken.google.com/p", "https://accounts.google.com.evil.org", "google"]
    callers = {issuer: headers({**CLAIMS, "iss": issuer, "hd": "example.com"}) for issuer in issuers}
    results = {issuer: outcome(caller, READ, granting("domain:example.com")) for issuer, caller in callers.items()}
    assert dict.fromkeys(issuers, "Forbidden") == results


def test_without_the_role_the_error_names_it_and_how_to_get_it() -> None:
    with pytest.raises(Forbidden) as refused:
        authorization.authorize(headers(CLAIMS), WRITE, dataclasses.replace(CLOSED, role_claim="groups"))
    assert (
        "This needs the role data.write. Ask the operator of this API to add it to your token's claim groups, "
        "or to grant it to you in the API's configuration."
    ) == refused.value.message


def test_a_request_without_claims_is_rejected_even_if_everybody_has_the_role() -> None:
    everybody = granting("allAuthenticatedUsers")
    results = [outcome(value, READ, everybody) for value in ({}, {HEADER: ""}, {"authorization": "Bearer x"})]
    assert ["Unauthenticated"] * 3 == results


def test_only_ascii_letters_are_equal_in_any_case() -> None:
    """The Kelvin sign is k for str.lower()."""
    grants = {"data.read": frozenset({"user:kate@example.com"})}
    policy = AccessPolicy("Role", grants, frozenset())
    allowed, other = (identity_of(email=f"{letter}ate@example.com") for letter in ("K", "\N{KELVIN SIGN}"))
    assert authorization.authorize(allowed, authorization.READ, policy)
    with pytest.raises(Forbidden):
        authorization.authorize(other, authorization.READ, policy)


def test_a_service_accounts_address_counts_only_from_google() -> None:
    email = "job@project.iam.gserviceaccount.com"
    policy = AccessPolicy("Role", {"data.read": frozenset({f"serviceAccount:{email}"})}, frozenset())
    assert authorization.authorize(identity_of(email=email), authorization.READ, policy)
    other_issuer = identity_of(email=email, iss="https://securetoken.google.com/a-project")
    with pytest.raises(Forbidden):
        authorization.authorize(other_issuer, authorization.READ, policy)


def identity_of(**claims: object) -> dict[str, str]:
    return calls.identity({**CLAIMS, "email_verified": True, **claims})
