"""Identifies the caller from the claims that the gateway verified.

The gateway checks the token's signature, issuer, audience and expiry. It lets tokens without `exp` or `sub` pass, so
those are checked here.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from dataapi import strict_json
from dataapi.errors import Unauthenticated

Claims = dict[str, Any]
HEADER = "x-apigateway-api-userinfo"
_GOOGLE = "https://accounts.google.com"
_MAX_ID_BYTES = 1_500  # of a document's name in Firestore


@dataclass(frozen=True, slots=True)
class Caller:
    """A unique id that is also a document id, the token's roles, and the members of grants that name the caller."""

    user_id: str
    roles: frozenset[str]
    members: frozenset[str]  # in IAM's syntax
    email: str | None = None  # only a verified one


@lru_cache(maxsize=256)  # callers return, with the same token for an hour
def caller(userinfo: str | None, role_claim: str) -> Caller:
    """The caller whom the gateway's header names; raises Unauthenticated."""
    token = claims(userinfo)
    return Caller(user_id(token), _roles(token.get(role_claim)), _members(token), _email(token))


def claims(userinfo: str | None) -> Claims:
    """Reads the gateway's header, the base64url of the token's payload; raises Unauthenticated."""
    if not userinfo:
        raise Unauthenticated("Send an ID token: authorization: Bearer TOKEN.")
    try:
        token = strict_json.parse(base64.urlsafe_b64decode(userinfo + "=" * (-len(userinfo) % 4)))
    except ValueError:
        token = None
    if not isinstance(token, dict):
        raise Unauthenticated("The token's claims cannot be read. Get a new token.")
    return token


def user_id(claims: Claims) -> str:
    """The caller's unique id; raises Unauthenticated.

    `sub` is unique within its issuer only (OpenID Connect Core, section 2), so the id is made of both. Whatever they
    are, the id is a valid document id: it has no slash, is neither `.` nor `..`, and is not reserved (`__x__`).
    """
    subject, issuer = (_text(claims, name) for name in ("sub", "iss"))
    if isinstance(claims.get("exp"), bool) or not isinstance(claims.get("exp"), int | float):
        raise Unauthenticated("The token has no expiry (claim exp). Get a new token.")
    name = f"{quote(subject, safe='')}@{quote(issuer.removeprefix('https://'), safe='')}"
    if name.startswith("__"):
        name = "%5F" + name[1:]
    if len(name) <= _MAX_ID_BYTES:
        return name
    return "=" + hashlib.sha256(name.encode()).hexdigest() + "@"  # quote() writes no "=": no other id is like this


def _text(claims: Claims, name: str) -> str:
    value = claims.get(name)
    if not (isinstance(value, str) and value):
        raise Unauthenticated(f"The token has no valid claim {name}. Get a new token.")
    return value


def _roles(claim: Any) -> frozenset[str]:  # noqa: ANN401  a claim is of any type
    """The roles in a claim: a list, or a text separated by spaces or commas; anything else has none."""
    if isinstance(claim, str):
        return frozenset(re.split(r"[\s,]+", claim))
    return frozenset(role for role in claim if isinstance(role, str)) if isinstance(claim, list) else frozenset()


def _members(claims: Claims) -> frozenset[str]:
    """The members of grants that name the caller.

    An e-mail must be verified, by any issuer that the gateway accepts. A domain and a service account must come from
    Google, which alone knows them.
    """
    members = {"allAuthenticatedUsers"}
    email, domain, is_googles = _email(claims), claims.get("hd"), claims.get("iss") == _GOOGLE
    if email is not None:
        email = ascii_lower(email)
        if not email.endswith(".gserviceaccount.com"):
            members.add(f"user:{email}")
        elif is_googles:
            members.add(f"serviceAccount:{email}")
    if isinstance(domain, str) and is_googles:
        members.add(f"domain:{ascii_lower(domain)}")
    return frozenset(members)


def _email(claims: Claims) -> str | None:
    email = claims.get("email")
    return email if isinstance(email, str) and claims.get("email_verified") is True else None


def ascii_lower(name: str) -> str:
    """Only A to Z: `str.lower` also maps other characters, such as the Kelvin sign, to A to Z."""
    return name.encode().lower().decode()
