"""Lets a caller in: who it is, and whether the token or the deployment gives the role that is needed.

Owns the roles, their two sources and the syntax of grants, which is IAM's member syntax: `user:ada@example.com`,
`serviceAccount:job@project.iam.gserviceaccount.com`, `domain:example.com`, `allAuthenticatedUsers`. Reading the
claims is `identity`'s.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dataapi import identity
from dataapi.errors import Forbidden
from dataapi.identity import Claims

READ = "data.read"
WRITE = "data.write"
_GOOGLE = "https://accounts.google.com"


@dataclass(frozen=True, slots=True)
class Access:
    """What a deployment says of its callers."""

    role_claim: str  # the token's claim that holds roles
    grants: Mapping[str, frozenset[str]]  # role -> members, in lower case behind the colon
    origins: frozenset[str]  # of web pages that may call


def admitted(headers: Mapping[str, str], role: str, access: Access) -> str:
    """The id of the user who calls; raises Unauthenticated, or Forbidden without the role."""
    claims = identity.claims(headers.get(identity.HEADER))
    user_id = identity.user_id(claims)
    granted = access.grants.get(role, frozenset())
    if role not in _claimed(claims.get(access.role_claim)) and granted.isdisjoint(_members(claims)):
        raise Forbidden(
            f"This needs the role {role}. Ask whoever runs this API to put it into your token's claim "
            f"{access.role_claim}, or to grant it to you in the API's configuration."
        )
    return user_id


def _claimed(claim: Any) -> list[Any]:  # noqa: ANN401  a claim is of any type
    """The roles of a claim: a list, or a text parted by spaces or commas; anything else holds none."""
    if isinstance(claim, str):
        return re.split(r"[\s,]+", claim)
    return claim if isinstance(claim, list) else []


def _members(claims: Claims) -> set[str]:
    """What the caller is called in grants. An e-mail counts when it is verified, a domain when Google says so."""
    members = {"allAuthenticatedUsers"}
    email, domain = claims.get("email"), claims.get("hd")
    if isinstance(email, str) and claims.get("email_verified") is True:
        kind = "serviceAccount" if email.endswith(".gserviceaccount.com") else "user"
        members.add(f"{kind}:{email.lower()}")
    if isinstance(domain, str) and claims.get("iss") == _GOOGLE:
        members.add(f"domain:{domain.lower()}")
    return members
