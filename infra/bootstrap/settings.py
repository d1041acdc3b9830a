"""Reads what the project's owner has set, once, into frozen values, and refuses what cannot work.

Owns the forms of the values. Their defaults and reasons are in Pulumi.yaml. What the values become is `state`'s,
`federation`'s and `identity`'s.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pulumi

# As infra/configuration.py has it: what the stacks' own program would refuse later is refused now.
_STACK = re.compile(r"[a-z](?:[a-z0-9-]{0,7}[a-z0-9])?")
_REGION = re.compile(r"[a-z]+-[a-z]+[0-9]+")
_BRANCH = re.compile(r"[\w./-]+")
_ROLE = re.compile(r"roles/[\w.]+")
OWN = "bootstrap"  # the name of this program's own state, beside the stacks'
# Each would make every other restriction of a deployer void.
_TOO_MUCH = frozenset(
    {"roles/owner", "roles/editor", "roles/iam.securityAdmin", "roles/resourcemanager.projectIamAdmin"}
)


@dataclass(frozen=True)
class Settings:
    """What the project's owner has set."""

    project: str
    region: str
    repository: int
    owner: int
    stacks: tuple[str, ...]
    drilled: tuple[str, ...]  # of the stacks
    branch: str
    further_roles: tuple[str, ...]


def read(settings: pulumi.Config, provider: pulumi.Config) -> Settings:
    """The settings of this program and of the Google provider; raises pulumi.RunError, which is shown as a sentence."""
    stacks = _stacks(settings)
    return Settings(
        project=_project(provider),
        region=_region(provider),
        repository=_number(settings, "repositoryId"),
        owner=_number(settings, "ownerId"),
        stacks=stacks,
        drilled=_texts(settings, "drilled", stacks.__contains__, "which is not one of the stacks", stacks[0]),
        branch=_branch(settings),
        further_roles=_further_roles(settings),
    )


def _project(provider: pulumi.Config) -> str:
    project = provider.get("project")
    if not project:
        raise pulumi.RunError("Set the project: pulumi config set gcp:project THE_ID_OF_YOUR_PROJECT")
    return project


def _region(provider: pulumi.Config) -> str:
    region = provider.get("region")
    if not region or not _REGION.fullmatch(region):
        problem = f"{region!r} is not a region" if region else "The region of the states is not set"
        raise pulumi.RunError(f"{problem}: pulumi config set gcp:region europe-west1")
    return region


def _number(settings: pulumi.Config, key: str) -> int:
    value = settings.require_int(key)
    if value <= 0:
        raise _error(settings, key, f"is {value}, but GitHub's numbers are above 0", "123456789")
    return value


def _stacks(settings: pulumi.Config) -> tuple[str, ...]:
    stacks = _texts(
        settings,
        "stacks",
        _may_be_a_stack,
        "which no stack can be named (9 of a-z, 0-9 and -, and not …-preview or …-drill)",
        "dev",
    )
    if not stacks:
        raise _error(settings, "stacks", "names no stack", "dev", "[0]")
    return stacks


def _may_be_a_stack(name: str) -> bool:
    """A stack named like another's previews or drills would let these deploy it."""
    return _STACK.fullmatch(name) is not None and name != OWN and not name.endswith(("-preview", "-drill"))


def _branch(settings: pulumi.Config) -> str:
    branch = settings.require("branch")
    if not _BRANCH.fullmatch(branch):
        raise _error(settings, "branch", f"is {branch!r}, which is no name of a branch", "main")
    return branch


def _further_roles(settings: pulumi.Config) -> tuple[str, ...]:
    return _texts(
        settings,
        "furtherRoles",
        lambda role: _ROLE.fullmatch(role) is not None and role not in _TOO_MUCH,
        "which is no role that a deployer can have",
        "roles/cloudkms.admin",
    )


def _texts(
    settings: pulumi.Config, key: str, fits: Callable[[str], bool], problem: str, example: str
) -> tuple[str, ...]:
    values = settings.require_object(key)
    if not isinstance(values, list):
        raise _error(settings, key, "is not a list", example, "[0]")
    for index, value in enumerate(values):
        if not (isinstance(value, str) and fits(value)):
            raise _error(settings, key, f"holds {value!r}, {problem}", example, f"[{index}]")
        if value in values[:index]:
            name = f"{settings.name}:{key}"
            raise pulumi.RunError(f"{name} names {value} twice: pulumi config rm --path '{name}[{index}]'")
    return tuple(values)


def _error(settings: pulumi.Config, key: str, problem: str, example: str, path: str = "") -> pulumi.RunError:
    name = f"{settings.name}:{key}"
    key = f"--path '{name}{path}'" if path else name
    return pulumi.RunError(f"{name} {problem}: pulumi config set {key} {example}")
