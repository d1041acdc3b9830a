"""Searches the declared grants for chains that lead from an identity to the data of a stack.

An identity reaches an account if it may act as it, make its tokens or change who may. It reaches data if it may read
it, change who may read it, or send its readers elsewhere. The search is generous: it does not ask whether each step
needs a further permission. What a role allows is in role_permissions.py.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace

from tests.support.infra.declared_resources import Resources, of_type
from tests.support.infra.resource_types import CUSTOM_ROLE, PROJECT_GRANT
from tests.support.infra.role_permissions import (
    ACT_AS,
    ANY,
    CHANGE_ROLES,
    DATABASE_READS,
    GRANT_IN_PROJECT,
    OBJECT_READS,
    ROLES,
    UNLIMITED,
)


@dataclass(frozen=True)
class Grant:
    """A grant of permissions, in the whole project or on one resource."""

    member: str
    role: str
    permissions: frozenset[str]
    on: str = ""  # the resource; empty: the whole project
    condition: str = ""


@dataclass(frozen=True)
class Project:
    """The grants and service accounts of a project, and the names of the data that is to be kept from others."""

    accounts: frozenset[str]  # their IDs
    grants: tuple[Grant, ...]
    roles: Mapping[str, frozenset[str]] = field(default_factory=dict)  # of the project itself


def project(*programs: Resources) -> Project:
    """What these programs declare in one project."""
    resources = [resource for program in programs for resource in program]
    accounts = [resource for resource in resources if "accountId" in resource.inputs]
    email = {resource.name: str(resource.inputs["accountId"]) for resource in accounts}
    roles = {
        f"data_api_{role.inputs['roleId'].removeprefix('data_api_')}": frozenset(role.inputs["permissions"])
        for role in of_type(resources, CUSTOM_ROLE)
    }
    grants = [
        Grant(
            _member(resource.inputs["member"]),
            resource.inputs["role"],
            _permissions(resource.inputs["role"], roles),
            "" if resource.type == PROJECT_GRANT else _resource(resource.inputs, email),
            (resource.inputs.get("condition") or {}).get("expression", ""),
        )
        for resource in resources
        if "member" in resource.inputs and "role" in resource.inputs and _is_searched(resource.type)
    ]
    return Project(frozenset(email.values()), tuple(grants), roles)


def chains(where: Project, starts: Iterable[str], stack: str) -> set[tuple[str, ...]]:
    """The shortest chain from these identities to each kind of access to the stack's data; none: an empty set."""
    found: dict[str, tuple[str, ...]] = {}
    reached: dict[str, tuple[str, ...]] = {start: (start,) for start in starts}
    waiting = [*reached]
    while waiting:
        identity = waiting.pop(0)
        for grant in _grants_of(identity, where):
            for step in _data(grant, stack):
                found.setdefault(step, (*reached[identity], step))
            for account in sorted(_accounts(grant, where)):
                if account not in reached:
                    reached[account] = (*reached[identity], account)
                    waiting.append(account)
    return {*found.values()} | {way for account, way in reached.items() if account.startswith(f"data-api-{stack}-")}


def _grants_of(identity: str, where: Project) -> Iterator[Grant]:
    """Those that are declared, and those that it can make itself."""
    own = [grant for grant in where.grants if grant.member == identity]
    yield from own
    for grant in own:
        if CHANGE_ROLES in grant.permissions:
            yield Grant(identity, "a role of its own, changed", ANY)
        if GRANT_IN_PROJECT in grant.permissions:
            names = re.findall(r"'(?:projects/[^/]+/)?(roles/[^']+)'", grant.condition)
            for name in names or ["every role"]:
                permissions = ANY if name == "every role" else _permissions(name, where.roles)
                yield replace(grant, role=f"{name}, granted to itself", permissions=permissions, condition="")


def _accounts(grant: Grant, where: Project) -> set[str]:
    """The accounts that a grant lets its member be."""
    if not grant.permissions & {*ACT_AS}:
        return set()
    return {account for account in where.accounts if grant.on in ("", account)}


def _data(grant: Grant, stack: str) -> Iterator[str]:
    """The ways to the stack's data that a grant opens at once."""
    if grant.on:
        if grant.on == f"pulumi-{stack}" and grant.permissions & {OBJECT_READS}:
            yield f"{grant.role}: reads the state"
        return
    for permission in sorted(grant.permissions & UNLIMITED.keys()):
        yield f"{permission}: {UNLIMITED[permission]}"
    database, state = f"/databases/data-api-{stack}", f"projects/_/buckets/pulumi-{stack}-"
    if DATABASE_READS in grant.permissions and _applies(grant.condition, database):
        yield f"{grant.role}: reads records"
    if OBJECT_READS in grant.permissions and _applies(grant.condition, state):
        yield f"{grant.role}: reads the state"


class _Name(str):
    """The name of a resource in a condition, with the functions of the Common Expression Language."""

    __slots__ = ()

    def startsWith(self, prefix: str) -> bool:  # noqa: N802  the name in the language
        return self.startswith(prefix)

    def extract(self, form: str) -> str:
        before, _, after = form.replace("{live}", "\0").partition("\0")
        found = re.search(f"{re.escape(before)}(.+){re.escape(after)}", self)
        return found[1] if found else ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and other.endswith(str(self))

    __hash__ = str.__hash__


def _applies(condition: str, name: str) -> bool:
    """Evaluates a condition as Python: the operators that it uses mean the same."""
    resource = SimpleNamespace(name=_Name(name), type="firestore.googleapis.com/Database")
    expression = condition.replace("&&", "and").replace("||", "or") or "True"
    return bool(eval(expression, {"resource": resource}))  # noqa: S307  our own text


def _member(member: str) -> str:
    """An environment of GitHub, or the account's ID."""
    return member.rpartition("/attribute.environment/")[2].removeprefix("serviceAccount:").partition("@")[0]


def _permissions(role: str, roles: Mapping[str, frozenset[str]]) -> frozenset[str]:
    own = role.rpartition("roles/")[2]
    return roles[own] if own in roles else ROLES[role]


def _resource(inputs: Mapping[str, str], accounts: Mapping[str, str]) -> str:
    """The account's ID, or the name of a bucket without its project; of other resources what identifies them."""
    if "serviceAccountId" in inputs:
        return accounts.get(inputs["serviceAccountId"], inputs["serviceAccountId"])
    if "bucket" in inputs:
        return re.sub(r"^(pulumi-[a-z-]+?)-a-project$", r"\1", inputs["bucket"])
    return inputs.get("cryptoKeyId", "another resource")


def _is_searched(type_: str) -> bool:
    """Grants on topics, repositories and functions are for Google's agents and the stack's own accounts."""
    return type_ == PROJECT_GRANT or type_.startswith(("gcp:serviceaccount/", "gcp:storage/", "gcp:kms/"))
