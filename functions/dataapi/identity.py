"""Says who calls, from the claims that the gateway verified.

Owns the user's id and what is checked again behind the gateway, which lets tokens without `exp` or `sub` pass.
The token's signature, issuer, audience and expiry are the gateway's; what the caller may do is `access`'s.
"""

import base64
import binascii
import hashlib
from typing import Any
from urllib.parse import quote

from dataapi import strict_json
from dataapi.errors import Unauthenticated

Claims = dict[str, Any]
HEADER = "x-apigateway-api-userinfo"
_MAX_ID_BYTES = 1_500  # of a document's name in Firestore


def claims(userinfo: str | None) -> Claims:
    """Reads the gateway's header, the base64url of the token's payload; raises Unauthenticated."""
    if not userinfo:
        raise Unauthenticated("Send an ID token: authorization: Bearer TOKEN.")
    try:
        payload = base64.urlsafe_b64decode(userinfo + "=" * (-len(userinfo) % 4))
        found = strict_json.parse(payload)
    except (binascii.Error, ValueError):
        raise Unauthenticated("The token's claims cannot be read. Get a new token.") from None
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
