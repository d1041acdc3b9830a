"""Reads where a stack is deployed: project, region, the prefix of its resource names, and the name of its database."""

import re
from dataclasses import dataclass

import pulumi

from deployment.config_error import ConfigError
from deployment.configuration.values import config_error

# Regions of API Gateway (https://cloud.google.com/api-gateway/docs/deployment-model, April 2026).
REGIONS = (
    "asia-northeast1",
    "australia-southeast1",
    "europe-west1",
    "europe-west2",
    "us-central1",
    "us-east1",
    "us-east4",
    "us-west2",
    "us-west3",
    "us-west4",
)
# The longest account ID of a service account is "<prefix>-<stack>-dead-letter"; 30 characters are allowed.
NAME_PREFIX = re.compile(r"[a-z](?:[a-z0-9-]{0,6}[a-z0-9])?")
_STACK_NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,7}[a-z0-9])?")
_DATABASE_NAME = re.compile(r"[a-z][a-z0-9-]{2,61}[a-z0-9]")  # https://cloud.google.com/firestore/docs/manage-databases


@dataclass(frozen=True)
class Environment:
    """Where a stack is deployed."""

    project: str
    region: str
    prefix: str  # of the names of all resources
    prepared: bool  # whether infra/bootstrap has created service accounts, custom roles and their grants in the project


def read_environment(stack: str, settings: pulumi.Config, provider: pulumi.Config) -> Environment:
    """The environment, from the stack's name and settings and the provider's configuration; raises ConfigError."""
    if not _STACK_NAME.fullmatch(stack):
        raise ConfigError(
            f"The stack name {stack!r} is invalid, because the names of cloud resources contain it. Use at most 9 "
            "lower-case letters, digits and dashes, a letter first and no dash last: pulumi stack rename dev"
        )
    name_prefix = settings.require("namePrefix")
    if not NAME_PREFIX.fullmatch(name_prefix):
        rule = "must have at most 8 lower-case letters, digits and dashes, with no digit first and no dash last"
        raise config_error(settings, "namePrefix", f"is {name_prefix!r}, but {rule}", "data-api")
    project = provider.get("project")
    if not project:
        raise ConfigError("The project is not set: pulumi config set gcp:project PROJECT_ID")
    region = provider.get("region")
    if region not in REGIONS:
        problem = f"API Gateway is not available in {region}" if region else "The region is not set"
        raise ConfigError(f"{problem}: pulumi config set gcp:region REGION, with one of {', '.join(REGIONS)}")
    return Environment(project, region, f"{name_prefix}-{stack}", settings.require_bool("prepared"))


def read_database_name(settings: pulumi.Config, environment: Environment) -> str:
    """The configured name, as of a restored database, or the default, the prefix; raises ConfigError."""
    name = settings.require("database") or environment.prefix
    if not _DATABASE_NAME.fullmatch(name):
        rule = "must be 4 to 63 lower-case letters, digits and dashes, a letter first and no dash last"
        raise config_error(settings, "database", f"is {name!r}, but {rule}", environment.prefix)
    return name
