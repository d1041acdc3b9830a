"""Says who calls, from the claims that the gateway verified.

Owns the user's id, what a token says of its owner's roles and names, and what is checked again behind the gateway,
which lets tokens without `exp` or `sub` pass. The token's signature, issuer, audience and expiry are the gateway's;
what the caller may do is `access`'s.
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
    """Who calls: a document id that no other caller has, the roles of the token, and what grants may call its owner."""

    user_id: str
    roles: frozenset[str]
    members: frozenset[str]  # in IAM's syntax


@lru_cache(maxsize=256)  # callers come again, with the same token for an hour
def caller(userinfo: str | None, role_claim: str) -> Caller:
    """Whom the gateway's header names; raises Unauthenticated."""
    found = claims(userinfo)
    return Caller(user_id(found), _roles(found.get(role_claim)), _members(found))


def claims(userinfo: str | None) -> Claims:
    """Reads the gateway's header, the base64url of the token's payload; raises Unauthenticated."""
    if not userinfo:
        raise Unauthenticated("Send an ID token: authorization: Bearer TOKEN.")
    try:
        found = strict_json.parse(base64.urlsafe_b64decode(userinfo + "=" * (-len(userinfo) % 4)))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Unauthenticated("The token's claims cannot be read. Get a new token.")
    return found


def user_id(claims: Claims) -> str:
    """The caller's id: a document id that no other caller has; raises Unauthenticated.

    `sub` is unique within its issuer only (OpenID Connect Core, section 2), so both make the id. Whatever they
    hold, the id has no slash, is neither `.` nor `..`, and is not reserved (`__x__`).
    """
    subject, issuer = (_text(claims, name) for name in ("sub", "iss"))
    if isinstance(claims.get("exp"), bool) or not isinstance(claims.get("exp"), int | float):
        raise Unauthenticated("The token has no expiry (claim exp). Get a new token.")
    who = f"{quote(subject, safe='')}@{quote(issuer.removeprefix('https://'), safe='')}"
    if who.startswith("__"):
        who = "%5F" + who[1:]
    if len(who) <= _MAX_ID_BYTES:
        return who
    return "=" + hashlib.sha256(who.encode()).hexdigest() + "@"  # quote() writes no "=", so no subject looks like it


def _text(claims: Claims, name: str) -> str:
    value = claims.get(name)
    if not (isinstance(value, str) and value):
        raise Unauthenticated(f"The token names no caller (claim {name}). Get a new token.")
    return value


def _roles(claim: Any) -> frozenset[str]:  # noqa: ANN401  a claim is of any type
    """The roles of a claim: a list, or a text parted by spaces or commas; anything else holds none."""
    if isinstance(claim, str):
        return frozenset(re.split(r"[\s,]+", claim))
    return frozenset(role for role in claim if isinstance(role, str)) if isinstance(claim, list) else frozenset()


def _members(claims: Claims) -> frozenset[str]:
    """What the caller is called in grants. An e-mail counts when it is verified, a domain when Google says so."""
    members = {"allAuthenticatedUsers"}
    email, domain = claims.get("email"), claims.get("hd")
    if isinstance(email, str) and claims.get("email_verified") is True:
        kind = "serviceAccount" if email.endswith(".gserviceaccount.com") else "user"
        members.add(f"{kind}:{email.lower()}")
    if isinstance(domain, str) and claims.get("iss") == _GOOGLE:
        members.add(f"domain:{domain.lower()}")
    return frozenset(members)
