"""Reads the configuration of this program once, into an immutable dataclass, and rejects invalid values.

Defaults and reasons are in infra/bootstrap/Pulumi.yaml.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pulumi

# The same rules as in infra/deployment/configuration/environment.py, which would reject the stack later.
_NAME_PREFIX = re.compile(r"[a-z](?:[a-z0-9-]{0,6}[a-z0-9])?")
_STACK_NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,7}[a-z0-9])?")
_REGION = re.compile(r"[a-z]+-[a-z]+[0-9]+")
_BRANCH = re.compile(r"[\w./-]+")
_DATABASE = re.compile(r"[a-z][a-z0-9-]{2,61}[a-z0-9]")  # as in infra/deployment/configuration/environment.py
_ROLE = re.compile(r"roles/[\w.]+")
_MAX_LOG_RETENTION_DAYS = 3_650  # https://cloud.google.com/logging/quotas
BOOTSTRAP = "bootstrap"  # name of the state of this program
# Each of these would make all other restrictions of a deployer useless.
_FORBIDDEN_ROLES = frozenset(
    {"roles/owner", "roles/editor", "roles/iam.securityAdmin", "roles/resourcemanager.projectIamAdmin"}
)


@dataclass(frozen=True)
class Settings:
    """The configuration of this program."""

    name_prefix: str  # of the names of all resources of the stacks, and of the accounts and roles of the pipeline
    project: str
    region: str
    repository_id: int  # in GitHub
    owner_id: int  # in GitHub, of the repository's owner
    stacks: tuple[str, ...]
    drill_stacks: tuple[str, ...]  # the stacks whose backups are restored as a test
    pull_request_stacks: tuple[str, ...]  # the stacks that unreviewed code may preview
    network_stacks: tuple[str, ...]  # the stacks with a private network or a domain
    audit_reads: bool  # whether reads of data are logged
    log_retention_days: int  # of all logs of the project but those of changes
    branch: str  # from which all other jobs run
    further_roles: tuple[str, ...]  # of deployers
    databases: Mapping[str, str]  # by stack, where it is not the default

    def prefix(self, stack: str) -> str:
        """How the names of a stack's resources begin."""
        return f"{self.name_prefix}-{stack}"

    def database(self, stack: str) -> str:
        """The name of a stack's Firestore database."""
        return self.databases.get(stack, self.prefix(stack))


def read(settings: pulumi.Config, provider: pulumi.Config) -> Settings:
    """The settings of this program; `provider` is the configuration of the Google Cloud provider.

    Raises pulumi.RunError, of which Pulumi shows only the message.
    """
    stacks = _stacks(settings)

    def some_of_the_stacks(key: str) -> tuple[str, ...]:
        return _string_list(settings, key, stacks.__contains__, "which is not one of the stacks", stacks[0])

    return Settings(
        name_prefix=_name_prefix(settings),
        project=_project(provider),
        region=_region(provider),
        repository_id=_id(settings, "repositoryId"),
        owner_id=_id(settings, "ownerId"),
        stacks=stacks,
        drill_stacks=some_of_the_stacks("drilled"),
        pull_request_stacks=some_of_the_stacks("pullRequests"),
        network_stacks=some_of_the_stacks("networks"),
        audit_reads=settings.require_bool("auditReads"),
        log_retention_days=_log_retention_days(settings),
        branch=_branch(settings),
        further_roles=_further_roles(settings),
        databases=_databases(settings, stacks),
    )


def _name_prefix(settings: pulumi.Config) -> str:
    prefix = settings.require("namePrefix")
    if not _NAME_PREFIX.fullmatch(prefix):
        rule = "must have at most 8 lower-case letters, digits and dashes, with no digit first and no dash last"
        raise _error(settings, "namePrefix", f"is {prefix!r}, but {rule}", "data-api")
    return prefix


def _project(provider: pulumi.Config) -> str:
    project = provider.get("project")
    if not project:
        raise pulumi.RunError("The project is not set: pulumi config set gcp:project PROJECT_ID")
    return project


def _region(provider: pulumi.Config) -> str:
    region = provider.get("region")
    if not region or not _REGION.fullmatch(region):
        problem = f"{region!r} is not a region" if region else "The region is not set"
        raise pulumi.RunError(f"{problem}: pulumi config set gcp:region europe-west1")
    return region


def _id(settings: pulumi.Config, key: str) -> int:
    value = settings.require_int(key)
    if value <= 0:
        raise _error(settings, key, f"is {value}, but IDs in GitHub are above 0", "123456789")
    return value


def _stacks(settings: pulumi.Config) -> tuple[str, ...]:
    stacks = _string_list(
        settings,
        "stacks",
        _is_stack_name,
        "which is not a valid stack name (at most 9 of a-z, 0-9 and -; not bootstrap, …-preview or …-drill)",
        "dev",
    )
    if not stacks:
        raise _error(settings, "stacks", "is empty", "dev", "[0]")
    return stacks


def _is_stack_name(name: str) -> bool:
    """Rejects …-preview and …-drill: environments of another stack have these names, and could deploy this one."""
    return _STACK_NAME.fullmatch(name) is not None and name != BOOTSTRAP and not name.endswith(("-preview", "-drill"))


def _log_retention_days(settings: pulumi.Config) -> int:
    days = settings.require_int("logRetentionDays")
    if not 1 <= days <= _MAX_LOG_RETENTION_DAYS:
        problem = f"is {days}, but must be from 1 to {_MAX_LOG_RETENTION_DAYS}"
        raise _error(settings, "logRetentionDays", problem, "30")
    return days


def _branch(settings: pulumi.Config) -> str:
    branch = settings.require("branch")
    if not _BRANCH.fullmatch(branch):
        raise _error(settings, "branch", f"is {branch!r}, which is not a branch name", "main")
    return branch


def _further_roles(settings: pulumi.Config) -> tuple[str, ...]:
    return _string_list(
        settings,
        "furtherRoles",
        lambda role: _ROLE.fullmatch(role) is not None and role not in _FORBIDDEN_ROLES,
        "which is not a role that a deployer may have",
        "roles/cloudkms.admin",
    )


def _databases(settings: pulumi.Config, stacks: Sequence[str]) -> Mapping[str, str]:
    values = settings.require_object("databases")
    example = '{"prod": "data-api-prod-restored"}'
    if not isinstance(values, dict):
        raise _error(settings, "databases", "is not an object", example)
    for stack, name in values.items():
        if stack not in stacks or not isinstance(name, str) or not _DATABASE.fullmatch(name):
            raise _error(settings, "databases", f"has {name!r} for {stack!r}, which is no database of a stack", example)
    return values


def _string_list(
    settings: pulumi.Config, key: str, is_valid: Callable[[str], bool], problem: str, example: str
) -> tuple[str, ...]:
    values = settings.require_object(key)
    if not isinstance(values, list):
        raise _error(settings, key, "is not a list", example, "[0]")
    for index, value in enumerate(values):
        if not (isinstance(value, str) and is_valid(value)):
            raise _error(settings, key, f"contains {value!r}, {problem}", example, f"[{index}]")
        if value in values[:index]:
            name = f"{settings.name}:{key}"
            raise pulumi.RunError(f"{name} contains {value} twice: pulumi config rm --path '{name}[{index}]'")
    return tuple(values)


def _error(settings: pulumi.Config, key: str, problem: str, example: str, path: str = "") -> pulumi.RunError:
    name = f"{settings.name}:{key}"
    key = f"--path '{name}{path}'" if path else name
    return pulumi.RunError(f"{name} {problem}: pulumi config set {key} {example}")
