"""Lets a caller in whose token, or whose deployment, gives the role that is needed.

Owns the roles and their two sources. Grants are written in IAM's member syntax: `user:ada@example.com`,
`serviceAccount:job@project.iam.gserviceaccount.com`, `domain:example.com`, `allAuthenticatedUsers`. Who calls is
`identity`'s to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dataapi.auth import identity
from dataapi.errors import Forbidden

READ = "data.read"
WRITE = "data.write"


@dataclass(frozen=True, slots=True)
class Access:
    """What a deployment says of its callers."""

    role_claim: str  # the token's claim that holds roles
    grants: Mapping[str, frozenset[str]]  # role -> members, in lower case behind the colon
    origins: frozenset[str]  # of web pages that may call


def admitted(headers: Mapping[str, str], role: str, access: Access) -> str:
    """The id of the user who calls; raises Unauthenticated, or Forbidden without the role."""
    caller = identity.caller(headers.get(identity.HEADER), access.role_claim)
    if role not in caller.roles and caller.members.isdisjoint(access.grants.get(role, ())):
        raise Forbidden(
            f"This needs the role {role}. Ask whoever runs this API to put it into your token's claim "
            f"{access.role_claim}, or to grant it to you in the API's configuration."
        )
    return caller.user_id
