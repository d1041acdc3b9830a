"""Authorizes a caller: a role comes from the token, or from the deployment's grants.

Grants are written in IAM's member syntax: `user:ada@example.com`, `serviceAccount:job@project.iam.gserviceaccount.com`,
`domain:example.com`, `allAuthenticatedUsers`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dataapi.auth import identity
from dataapi.auth.identity import Caller
from dataapi.errors import Forbidden

READ = "data.read"
WRITE = "data.write"
ROLES = READ, WRITE


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """Which callers of a deployment have which role."""

    role_claim: str  # the token's claim that holds roles
    grants: Mapping[str, frozenset[str]]  # role -> members, in lower case behind the colon
    origins: frozenset[str]  # of web pages that may call; a port may be *


def authorize(headers: Mapping[str, str], role: str, policy: AccessPolicy) -> str:
    """The caller's user id; raises Unauthenticated, or Forbidden without the role."""
    caller = identify(headers, policy)
    if not has_role(caller, role, policy):
        raise Forbidden(
            f"This needs the role {role}. Ask the operator of this API to add it to your token's claim "
            f"{policy.role_claim}, or to grant it to you in the API's configuration."
        )
    return caller.user_id


def identify(headers: Mapping[str, str], policy: AccessPolicy) -> Caller:
    """The caller, whatever their roles; raises Unauthenticated."""
    return identity.caller(headers.get(identity.HEADER), policy.role_claim)


def has_role(caller: Caller, role: str, policy: AccessPolicy) -> bool:
    """Whether the token or a grant gives the caller this role."""
    return role in caller.roles or not caller.members.isdisjoint(policy.grants.get(role, ()))
